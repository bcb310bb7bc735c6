"""What an exported file says about itself: what it is, how to feed it, what its logits mean, and its probe."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from rs_core.configs import from_dict
from rs_core.errors import UserError
from rs_core.export.probe import Probe
from rs_core.weights.release import DAMAGED, EXPORT_METADATA_KEY, Description, PretrainedModel, description

METADATA_KEY = EXPORT_METADATA_KEY

Kind = Literal["program", "onnx", "fused"]
Dtype = Literal["float32", "bfloat16"]

TORCH_DTYPES: dict[Dtype, torch.dtype] = {"float32": torch.float32, "bfloat16": torch.bfloat16}


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


@dataclass(frozen=True, kw_only=True)
class ExportDescription(Description):
    """The metadata of an exported file.

    ``class_names`` has a name for every label; ``preprocessing.class_offset`` says which logit is the first.
    """

    contract: Contract


def to_json(pretrained: PretrainedModel, contract: Contract) -> str:
    """Give the text that an exported file carries under ``METADATA_KEY``."""
    return json.dumps(description(pretrained, "rs_core") | {"contract": dataclasses.asdict(contract)})


def from_json(text: str | None, kind: Kind, path: Path) -> ExportDescription:
    """Read what :func:`to_json` wrote into a file of this kind.

    Raises:
        UserError: none there, damaged, or that of another file.
    """
    if text is None:
        raise UserError(f"{path}: does not say how it was exported; use a file written by rs-core export")
    try:
        values: dict[str, Any] = json.loads(text)
        about = ExportDescription.parse(values, contract=from_dict(Contract, values["contract"]))
    except DAMAGED as error:
        raise UserError(f"{path}: the description in it is damaged ({error}); export the model again") from None
    if about.contract.kind != kind:
        raise UserError(f"{path}: its description is of another kind, {about.contract.kind}; export the model again")
    return about
