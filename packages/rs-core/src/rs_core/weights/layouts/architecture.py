"""Which 2D network named shapes belong to, and what to call it."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from rs_core.errors import UserError
from rs_core.models.config import STAGE_WIDTHS, Block, Downsampling, NetworkConfig, ResNetConfig, StemDownsampling
from rs_core.models.families import FAMILIES

STEM_WIDTHS = (32, 32, 64)
MOST_DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What names and shapes tell about a 2D residual network.

    Args:
        block: kind of the blocks.
        blocks: how many there are in c2, c3, c4, c5.
        widths: inner widths of c2…c5.
        squeezed: squeezed widths of c2…c5, empty without squeeze-and-excitation.
        stem: widths of the stem's convolutions: one for 7x7, three for deep, without the one that replaces the pool.
        stem_downsampling: what halves the size after the stem.
        downsampling: how the stages halve it.
        in_channels: channels of the images.
        num_classes: outputs, 0 without a classifier.
    """

    block: Block
    blocks: tuple[int, ...]
    widths: tuple[int, ...]
    squeezed: tuple[int, ...]
    stem: tuple[int, ...]
    stem_downsampling: StemDownsampling
    downsampling: Downsampling
    in_channels: int
    num_classes: int


def config_of(outline: Outline, source: str) -> ResNetConfig:
    """Give the network of this outline, with the defaults of the rows in everything that shapes do not tell.

    Raises:
        UserError: widths that are not of this family.
    """
    if len(outline.blocks) != len(STAGE_WIDTHS):
        raise UserError(f"{source} have {len(outline.blocks)} stages, not four: not a network of this family")
    expansion = 4 if outline.block == "bottleneck" else 1
    outer = [expansion * width for width in outline.widths]
    multiplier = common_factor(outline.widths, STAGE_WIDTHS, f"{source} have inner widths")
    se_ratio = common_factor(outline.squeezed, outer, f"{source} have squeezed widths") if outline.squeezed else 0.0
    return ResNetConfig(
        block=outline.block,
        blocks=outline.blocks,  # type: ignore[arg-type]  # four, as checked
        width_multiplier=multiplier,
        se_ratio=se_ratio,
        stem="deep" if len(outline.stem) > 1 else "7x7",
        stem_downsampling=outline.stem_downsampling,
        downsampling=outline.downsampling,
        in_channels=outline.in_channels,
        num_classes=outline.num_classes,
        **stem_fields(outline.stem, multiplier),
    )


def stem_fields(widths: tuple[int, ...], multiplier: float) -> dict[str, Any]:
    """Give the fields that make these widths: the usual ones, scaled or not, or the widths themselves."""
    usual = STEM_WIDTHS[-len(widths) :]
    if widths == tuple(max(1, int(width * multiplier)) for width in usual):
        return {}
    full = (*STEM_WIDTHS[: -len(widths)], *widths)
    return {"stem_widths": full, "scale_stem": multiplier == 1}


def common_factor(scaled: tuple[int, ...], widths: Sequence[int], what: str) -> float:
    """Give the shortest decimal ``f`` for which ``max(1, int(w * f))`` are the scaled widths.

    >>> common_factor((19, 38, 76, 153), (64, 128, 256, 512), "x")
    0.3

    Raises:
        UserError: beginning with ``what``; there is none.
    """
    smallest = max((s / w if s > 1 else 0.0) for s, w in zip(scaled, widths, strict=True))
    for digits in range(MOST_DIGITS):
        factor = ceil(smallest * 10.0**digits) / 10.0**digits
        if factor > 0 and scaled == tuple(max(1, int(width * factor)) for width in widths):
            return factor
    raise UserError(f"{what} {scaled} in c2 to c5, which no single ratio gives: not a network of this family")


def most_common(values: Iterable[int], default: int = 0) -> int:
    """Give the value that most tensors agree on, the first of equals, so that a wrong shape is outvoted."""
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else default


def nearest_row(config: NetworkConfig) -> tuple[str, dict[str, Any]]:
    """Give the row of the table with the fewest other fields, and the network's own values of these."""
    ours = field_values(config)
    candidates = []
    for name, row in FAMILIES.items():
        if type(row) is type(config):
            theirs = field_values(row)
            candidates.append((name, {field: value for field, value in ours.items() if value != theirs[field]}))
    return min(candidates, key=lambda candidate: len(candidate[1]))


def name_architecture(config: NetworkConfig) -> str:
    """Give the row of the table, with the fields in which the network differs.

    >>> name_architecture(dataclasses.replace(FAMILIES["resnet_rs_50"], num_classes=10))
    'resnet_rs_50 with num_classes=10'
    """
    row, differing = nearest_row(config)
    said = ", ".join(f"{field}={value!r}" for field, value in differing.items())
    return f"{row} with {said}" if said else row


def field_values(config: NetworkConfig) -> dict[str, Any]:
    """Give the fields of a configuration by name."""
    return {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
