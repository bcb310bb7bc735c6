"""How views differ from the image that they were cropped from."""

from dataclasses import dataclass
from typing import Literal

from rs_core.choices import check_choices
from rs_core.errors import UserError


@dataclass(frozen=True, kw_only=True)
class ViewsConfig:
    """Colour and blur of a view (google-research/simclr:data_util.py); the defaults are those for ImageNet.

    Args:
        jitter: probability that brightness, contrast, saturation and hue change, in random order.
        strength: of that: 1 changes the first three by up to 0.8 and the hue by up to 0.2 of a turn.
        brightness: ``multiplicative`` (SimCLRv2) or ``additive`` (SimCLRv1).
        grey: probability of losing all colour.
        blur: probability of a Gaussian blur, whose kernel spans a tenth of the image; 0 for images of 32 px and less.
        sigma: least and largest standard deviation of the blur, in pixels.
    """

    jitter: float = 0.8
    strength: float = 1.0
    brightness: Literal["multiplicative", "additive"] = "multiplicative"
    grey: float = 0.2
    blur: float = 0.5
    sigma: tuple[float, float] = (0.1, 2.0)

    def __post_init__(self) -> None:
        """Refuse unknown words and numbers out of range."""
        check_choices(self)
        for name in ("jitter", "grey", "blur"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"views.{name}={getattr(self, name)}: give a probability, in [0, 1]")
        # A hue that turns by more than half turns the other way.
        if not 0 <= self.strength <= 2.5:
            raise UserError(f"views.strength={self.strength}: give a number in [0, 2.5]")
        if not 0 < self.sigma[0] <= self.sigma[1]:
            raise UserError(f"views.sigma={self.sigma}: give two increasing positive numbers of pixels")
