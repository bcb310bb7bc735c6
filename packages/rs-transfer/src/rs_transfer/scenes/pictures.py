"""Pictures of one digit each, cut out of scenes: what starting points learn from before they see scenes of others."""

import io
from collections.abc import Iterator
from functools import cache

import numpy as np
from PIL import Image

from rs_core.data.index import Blobs, ByteColumn, SampleIndex
from rs_transfer.digits import SOURCE, Split, index_some_digits
from rs_transfer.scenes.scene import Scene, SeenDigit, compose
from rs_transfer.scenes.shapes import to_shapes

NUM_SCENES = {"train": 480, "val": 80}
SCENE_PX, PICTURE_PX = 96, 32
SEED = 1

# Of the longer side of a digit: what a picture shows around it, on each side.
MARGIN = 0.1


@cache
def index_pictures(split: Split) -> SampleIndex:
    """Return the built-in digits 0 to 4, each as it is, then many of them as scenes show them, with what is around.

    Labels are the digits. The digits of the two splits differ, as those of the built-in data set do.

    >>> index_pictures("val").class_names
    ('0', '1', '2', '3', '4')

    Raises:
        UserError: scikit-learn is missing.
    """
    digits = index_some_digits(split, SOURCE)
    shapes = to_shapes(digits, range(len(digits)))
    images, names = [digits.read(row) for row in range(len(digits))], [digits.name(row) for row in range(len(digits))]
    labels = digits.labels.tolist()
    for number in range(NUM_SCENES[split]):
        scene = compose(shapes, SCENE_PX, np.random.default_rng([SEED, split == "val", number]))
        for digit in clearly_seen(scene):
            images.append(cut_out(scene, digit))
            names.append(f"digit {digit.number} of scene {number}")
            labels.append(digit.label)
    return SampleIndex(
        source=Blobs(images=ByteColumn.pack(images), names=ByteColumn.pack(name.encode() for name in names)),
        labels=np.array(labels),
        class_names=digits.class_names,
    )


def clearly_seen(scene: Scene) -> Iterator[SeenDigit]:
    """Yield the digits of a scene that nothing hides or cuts for the most part."""
    return (digit for digit in scene.digits if not digit.truncated and not digit.difficult)


def cut_out(scene: Scene, digit: SeenDigit) -> bytes:
    """Give a square around a digit as a PNG file of ``PICTURE_PX`` a side."""
    left, top, right, bottom = digit.box
    half = (0.5 + MARGIN) * max(right - left, bottom - top)
    x, y = (left + right) / 2, (top + bottom) / 2
    box = (round(x - half), round(y - half), round(x + half), round(y + half))
    square = Image.fromarray(scene.image).crop(box).resize((PICTURE_PX, PICTURE_PX), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    square.save(file, "PNG")
    return file.getvalue()
