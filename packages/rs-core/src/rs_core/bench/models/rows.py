"""The rows of a measurement: a network at a resolution, written ``resnet_rs_50@160``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rs_core.bench.models.published import FIGURE_5, PUBLISHED, TABLE_7, Published
from rs_core.errors import UserError, nearest
from rs_core.models.families import CLIP_FAMILIES, IMAGE_FAMILIES

EFFICIENTNETS = tuple(f"efficientnet_b{number}" for number in range(8))
EFFICIENTNETS_RS = tuple(name.replace("_b", "_rs_b") for name in EFFICIENTNETS)
MODELS = (*IMAGE_FAMILIES, *EFFICIENTNETS, *EFFICIENTNETS_RS)

LARGEST_RESOLUTION = 4096

# The families, to colour them; the longer name first.
FAMILIES = ("efficientnet_rs", "efficientnet", "resnet_rs", "resnet_d", "resnet")


@dataclass(frozen=True, order=True)
class Row:
    """A network at a resolution in pixels a side.

    >>> row = Row("efficientnet_rs_b4", 224)
    >>> str(row), row.family, row.published.top1
    ('efficientnet_rs_b4@224', 'efficientnet_rs', 81.25)
    """

    model: str
    resolution: int

    def __str__(self) -> str:
        return f"{self.model}@{self.resolution}"

    @property
    def family(self) -> str:
        """The family of the network."""
        return next(name for name in FAMILIES if self.model.startswith(name))

    @property
    def published(self) -> Published | None:
        """What is published about it."""
        return PUBLISHED.get(str(self))

    @property
    def randaugment_magnitude(self) -> int | None:
        """RandAugment's magnitude by which an EfficientNet-RS is trained; the others have recipes."""
        return efficientnet_rs_magnitude(self.resolution) if self.family == "efficientnet_rs" else None


def efficientnet_rs_magnitude(resolution: int) -> int:
    """Give RandAugment's magnitude of an EfficientNet-RS (Bello et al. 2021, the rule of EfficientNet-RS).

    Width and depth stay those of the EfficientNet; resolution and magnitude change.

    >>> [efficientnet_rs_magnitude(resolution) for resolution in (224, 256, 320, 352)]
    [10, 15, 15, 20]
    """
    if resolution <= 224:
        return 10
    return 20 if resolution > 320 else 15


def published_rows(rows: Sequence[Published], prefix: str = "") -> tuple[Row, ...]:
    """Give the published rows of models whose name begins so."""
    return tuple(Row(one.model, one.resolution) for one in rows if one.model.startswith(prefix))


GROUPS: dict[str, tuple[Row, ...]] = {
    "table7": published_rows(TABLE_7),
    "resnet_rs": published_rows(TABLE_7, "resnet_rs"),
    "efficientnet": published_rows(TABLE_7, "efficientnet"),
    "efficientnet_rs": published_rows(FIGURE_5),
}


def parse_rows(names: Sequence[str]) -> list[Row]:
    """Read rows, each once, in the order given.

    Args:
        names: ``MODEL@RESOLUTION``, ``MODEL`` for all resolutions that are published of it, or a group.

    >>> [str(row) for row in parse_rows(["resnet_rs_101", "resnet_18@32"])]
    ['resnet_rs_101@160', 'resnet_rs_101@192', 'resnet_18@32']

    Raises:
        UserError: an unknown name, a resolution that is none, or a model without published resolutions.
    """
    return list(dict.fromkeys(row for name in names for row in rows_of(name)))


def rows_of(name: str) -> tuple[Row, ...]:
    """Read one name.

    Raises:
        UserError: as :func:`parse_rows`.
    """
    if name in GROUPS:
        return GROUPS[name]
    model, at, resolution = name.partition("@")
    if model in CLIP_FAMILIES:
        raise UserError(f"{name}: {model} takes clips of video, and rows are networks of images")
    if model not in MODELS:
        known = [*MODELS, *GROUPS, "loader"]
        raise UserError(f"{name}: there is no model {model!r}{nearest(model, known)}; groups are {', '.join(GROUPS)}")
    if not at:
        rows = tuple(row for row in published_rows((*TABLE_7, *FIGURE_5)) if row.model == model)
        if not rows:
            raise UserError(f"{name}: no resolution of it is published, so give one, such as {name}@224")
        return rows
    if not re.fullmatch("[1-9][0-9]{0,4}", resolution) or int(resolution) > LARGEST_RESOLUTION:
        raise UserError(f"{name}: give the resolution in pixels, 1 to {LARGEST_RESOLUTION}, such as {model}@224")
    return (Row(model, int(resolution)),)
