"""The moving average of weights and batch-norm statistics that every evaluation uses (paper, section 3)."""

import copy
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from rs_core.recipes import EmaConfig

Model = TypeVar("Model", bound=nn.Module)


class ModelEma(Generic[Model]):
    """A second model in eval mode whose floating-point state follows the trained one.

    The average is a model of its own and never swapped in, so no checkpoint can hold it by mistake. The counter of
    updates is part of the state: a resumed run continues the same decay.

    Source: tf.train.ExponentialMovingAverage as called in tensorflow/tpu:models/official/resnet/resnet_main.py; the
    counter is read after its increment, so the first decay is 2/11.
    """

    def __init__(self, model: Model, config: EmaConfig) -> None:
        self.config = config
        self.num_updates = 0
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        if config.start == "zero":
            torch._foreach_zero_(floating_state(self.model))

    def decay_at(self, num_updates: int) -> float:
        """Give the decay of update 1, 2, …: ``min(decay, (1 + n) / (10 + n))``, or 0 where there is no average."""
        return min(self.config.decay, (1 + num_updates) / (10 + num_updates))

    @torch.no_grad()
    def update(self, model: Model) -> None:
        """Move the average towards ``model``; call it after every optimiser step."""
        self.num_updates += 1
        decay = self.decay_at(self.num_updates)
        torch._foreach_lerp_(floating_state(self.model), floating_state(model), 1.0 - decay)

    def state_dict(self) -> dict[str, Any]:
        """Give weights and counter."""
        return {"model": self.model.state_dict(), "num_updates": self.num_updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take weights and counter back."""
        self.model.load_state_dict(state["model"])
        self.num_updates = state["num_updates"]


def floating_state(model: nn.Module) -> list[torch.Tensor]:
    """Give the parameters and floating-point buffers, always in the same order."""
    return [tensor for tensor in (*model.parameters(), *model.buffers()) if tensor.is_floating_point()]
