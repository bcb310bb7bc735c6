"""What RandAugment draws from and how strongly it acts."""

import math
from dataclasses import dataclass
from typing import Literal

from rs_core.errors import UserError, nearest

Mode = Literal["faithful", "pil"]

OPERATIONS = (
    "AutoContrast",
    "Equalize",
    "Invert",
    "Rotate",
    "Posterize",
    "Solarize",
    "Color",
    "Contrast",
    "Brightness",
    "Sharpness",
    "ShearX",
    "ShearY",
    "TranslateX",
    "TranslateY",
    "Cutout",
    "SolarizeAdd",
)

# The search of the RandAugment paper (arXiv 1909.13719) ends at 30.
MAX_MAGNITUDE = 30.0


@dataclass(frozen=True, kw_only=True)
class RandAugmentConfig:
    """Settings of RandAugment (arXiv 1909.13719) as the released ResNet-RS code uses it.

    Args:
        num_layers: operations applied to each image, one after the other; 0 leaves images alone.
        magnitude: strength of every operation, 0 to 30; 10 is the nominal strength. ResNet-RS uses 10 or 15.
        mode: ``"faithful"`` gives the bytes of the released TensorFlow code, quirks included; ``"pil"`` gives
            those of the Python Imaging Library.
        translate_const: shift at magnitude 10. Pixels in mode ``"faithful"``; in mode ``"pil"`` pixels of a
            224 px image, scaled with the side of the actual one.
        cutout_const: half the side of the square at magnitude 10, in the same unit (scaled with the shorter side).
        ops: names to draw from, uniformly and with replacement; a name given twice is drawn twice as often.

    Raises:
        UserError: a value is out of range or an operation is unknown.
    """

    num_layers: int = 2
    magnitude: float = 10.0
    mode: Mode = "faithful"
    translate_const: float = 100.0
    cutout_const: float = 40.0
    ops: tuple[str, ...] = OPERATIONS

    def __post_init__(self) -> None:
        if self.num_layers < 0:
            raise UserError(f"randaugment.num_layers is {self.num_layers}; give 0 or more")
        check_magnitude(self.magnitude)
        check_mode(self.mode)
        for name in ("translate_const", "cutout_const"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise UserError(f"randaugment.{name} is {value}; give a number of pixels, 0 or more")
        if not self.ops:
            raise UserError("randaugment.ops is empty; name at least one operation, or set num_layers to 0")
        for name in self.ops:
            check_operation(name)


def check_magnitude(magnitude: float) -> None:
    """Raise a `UserError` unless ``magnitude`` is from 0 to 30."""
    if not 0 <= magnitude <= MAX_MAGNITUDE:
        raise UserError(f"randaugment.magnitude is {magnitude}; give 0 to {MAX_MAGNITUDE:g}")


def check_mode(mode: str) -> None:
    """Raise a `UserError` unless ``mode`` is known."""
    if mode not in ("faithful", "pil"):
        raise UserError(f"randaugment.mode is {mode!r}; give 'faithful' or 'pil'")


def check_operation(name: str) -> None:
    """Raise a `UserError` unless ``name`` is one of the sixteen operations."""
    if name not in OPERATIONS:
        raise UserError(
            f"randaugment.ops: no operation {name!r}{nearest(name, list(OPERATIONS))}; known: {', '.join(OPERATIONS)}"
        )
