"""Whether the training step is compiled, and why."""

from typing import cast

import torch
from torch import nn

from rs_core.compiler import missing_compiler
from rs_core.train.config import Compile

# Compiling takes a minute or two; below this many forward passes it would not be earned back.
WORTHWHILE_PASSES = 2000


def maybe_compile(model: nn.Module, choice: Compile, device: torch.device, passes: int) -> tuple[nn.Module, str]:
    """Give the model to train with, compiled or not, and a few words that say which path was taken and why.

    ``passes``: forward passes of the whole run.
    """
    if choice == "off":
        return model, "eager, as asked"
    if choice == "auto":
        if passes < WORTHWHILE_PASSES:
            return model, f"eager, because {passes} passes would not earn compilation back"
        missing = missing_compiler(device)
        if missing:
            return model, f"eager, because {missing}"
    return cast("nn.Module", torch.compile(model)), "compiled at the first step, which takes a minute or more"
