"""What an exported file says about itself: what it is, how to feed it, what its logits mean, and its probe."""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from rs_core.choices import check_choice
from rs_core.configs import from_dict
from rs_core.errors import UserError
from rs_core.export.damage import first_line
from rs_core.export.probe import Probe, rounding_bound
from rs_core.export.skeleton import skeleton
from rs_core.models import NetworkConfig, ResNet3dConfig
from rs_core.weights.release import DAMAGED, EXPORT_METADATA_KEY, Description, PretrainedModel, description

METADATA_KEY = EXPORT_METADATA_KEY

Kind = Literal["program", "onnx", "fused"]
Dtype = Literal["float32", "bfloat16"]

TORCH_DTYPES: dict[Dtype, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}

# Channels x height x width, x frames: an image of 4096 pixels a side, or a clip of 256 frames of 256, fits.
MOST_NUMBERS = 2**26


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What goes into an exported network and what comes out.

    Args:
        kind: the format.
        dtype: of weights and maps; images and logits are float32 anyway.
        input_shape: of one sample: channels, frames for a network of clips, height, width.
        size_step: height and width may be any multiple of it from twice up; 1 for any size, 0 for this size alone.
        probe: what the network must answer.
    """

    kind: Kind
    dtype: Dtype
    input_shape: tuple[int, ...]
    size_step: int
    probe: Probe

    def __post_init__(self) -> None:
        """Refuse a step that is none."""
        if self.size_step < 0:
            raise UserError(f"size_step={self.size_step}: give 0 or a positive number of pixels")


@dataclass(frozen=True, kw_only=True)
class ExportDescription(Description):
    """The metadata of an exported file.

    ``class_names`` has a name for every label; ``preprocessing.class_offset`` says which logit is the first.
    """

    contract: Contract


def to_json(pretrained: PretrainedModel, contract: Contract) -> str:
    """Give the text that an exported file carries under ``METADATA_KEY``."""
    stored = dataclasses.asdict(contract)
    del stored["probe"]["bound"]  # a file must not say how wrong it may be
    return json.dumps(description(pretrained, "rs_core") | {"contract": stored})


def from_json(text: str | None, kind: Kind, path: Path) -> ExportDescription:
    """Read what :func:`to_json` wrote into a file of this kind.

    Raises:
        UserError: none there, damaged, or that of another file.
    """
    if text is None:
        raise UserError(f"{path}: does not say how it was exported; use a file written by rs-core export")
    try:
        values: dict[str, Any] = json.loads(text)
        described = Description.parse(values)
        contract = parse_contract(values["contract"], described.config)
    except (*DAMAGED, OverflowError) as error:
        raise UserError(
            f"{path}: the description in it is damaged ({first_line(error)}); export the model again"
        ) from None
    about = ExportDescription(**vars(described), contract=contract)
    if about.contract.kind != kind:
        raise UserError(f"{path}: its description is of another kind, {about.contract.kind}; export the model again")
    return about


def parse_contract(values: Mapping[str, Any], config: NetworkConfig) -> Contract:
    """Read a contract for a network, and find the probe's bound anew; raises one of ``DAMAGED``."""
    dtype: Dtype = check_choice("dtype", values["dtype"], Dtype)
    bound = rounding_bound(skeleton(config), TORCH_DTYPES[dtype])
    contract = from_dict(Contract, {**values, "probe": {**values["probe"], "bound": bound}})
    check_input_shape(contract.input_shape, config)
    return contract


def check_input_shape(input_shape: tuple[int, ...], config: NetworkConfig) -> None:
    """Refuse the shape of an image or clip that the network does not take, or too large to try.

    Raises:
        UserError: another rank or number of channels, a side below 1, or over ``MOST_NUMBERS`` numbers.
    """
    sides = ("frames", "height", "width") if isinstance(config, ResNet3dConfig) else ("height", "width")
    fits = len(input_shape) == 1 + len(sides) and input_shape[0] == config.in_channels
    if not fits or min(input_shape) < 1 or math.prod(input_shape) > MOST_NUMBERS:
        raise UserError(
            f"input_shape={input_shape}: give [{config.in_channels}, {', '.join(sides)}] "
            f"with positive sides and at most {MOST_NUMBERS} numbers in all"
        )
