"""How images reach an imported network, as far as a file's path and its number of classes tell."""

import re
from pathlib import Path

from rs_core.data.crop import CropRule
from rs_core.data.preprocessing import Preprocessing
from rs_core.data.resize import Resize
from rs_core.models.config import ResNetConfig
from rs_core.weights.layouts.architecture import nearest_row
from rs_core.weights.layouts.layout import Options
from rs_core.weights.published import PUBLISHED

NUM_IMAGENET_CLASSES = 1000
UNPUBLISHED_RESOLUTION = 224
NAME_WITH_RESOLUTION = re.compile(r"resnet.*?[-_]i(\d{2,3})(?!\d)", re.IGNORECASE)

NO_AVERAGE_NOTE = "the file holds no weight average, so these are the weights of its last step"


def released_preprocessing(
    config: ResNetConfig, path: Path, options: Options, layout: str, *, crop_rule: CropRule, resize: Resize
) -> tuple[Preprocessing, tuple[str, ...]]:
    """Give the input of the released evaluation of a network of images, and what to say about it.

    ``layout`` is the one whose released resolutions count.
    """
    row, _ = nearest_row(config)
    released = released_resolutions(row, layout)
    resolution = options.resolution or resolution_in_path(path) or released[-1]
    class_offset, notes = background_class(config.num_classes)
    if not options.resolution and not resolution_in_path(path) and len(released) > 1:
        sizes = " and ".join(map(str, released))
        notes = (f"released at {sizes} px, and the name of the file does not say which: taken as {resolution}", *notes)
    preprocessing = Preprocessing(resolution=resolution, crop_rule=crop_rule, resize=resize, class_offset=class_offset)
    return preprocessing, notes


def released_resolutions(architecture: str, layout: str) -> tuple[int, ...]:
    """Give the resolutions at which a row of the table was published in a layout, smallest first.

    >>> released_resolutions("resnet_rs_152", "tf1")
    (192, 224, 256)
    """
    rows = [row for row in PUBLISHED.values() if row.architecture == architecture and row.layout == layout]
    return tuple(sorted({row.resolution for row in rows})) or (UNPUBLISHED_RESOLUTION,)


def resolution_in_path(path: Path) -> int:
    """Give the resolution that a name like ``resnet-rs-152-i224`` in the path states, the last one, or 0.

    >>> resolution_in_path(Path("resnet-rs-152-i224/model.ckpt-109475"))
    224
    """
    stated = [match[1] for match in map(NAME_WITH_RESOLUTION.search, path.parts) if match]
    return int(stated[-1]) if stated else 0


def background_class(num_classes: int) -> tuple[int, tuple[str, ...]]:
    """Give the number of classes before the first label and what to say about it: one with 1001 classes."""
    if num_classes != NUM_IMAGENET_CLASSES + 1:
        return 0, ()
    return 1, ("1001 classes: taken as the background and then the 1000 of ImageNet",)
