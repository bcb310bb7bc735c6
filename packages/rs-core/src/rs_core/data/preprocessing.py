"""What must be done to an image before a model sees it; it travels with the weights."""

from dataclasses import dataclass

from rs_core.data.crop import CropRule

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """The input of a model: square ``resolution`` in pixels, and the normalisation of each RGB channel.

    ``mean`` and ``std`` are on the scale where white is 1. ``crop_rule`` says which release's centre crop
    evaluation uses (``centre_crop_box``).
    """

    resolution: int
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    crop_rule: CropRule = "tf1"
