"""Mode "pil" against Pillow itself, to the last bit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from torch import Tensor

from rs_core.data.randaugment import OPERATIONS, RandAugmentConfig, apply_op, argument

GREY = (128, 128, 128)
MAGNITUDES = (0, 1, 2.5, 5, 7.3, 10, 15, 20, 30)
PilImage = Image.Image


def affine(image: PilImage, matrix: tuple[float, ...]) -> PilImage:
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST, fillcolor=GREY)


def cutout(image: PilImage, half_side_at_224: float) -> PilImage:
    width, height = image.size
    half_side = int(half_side_at_224 * min(width, height) / 224)
    row, column = height // 2, width // 2
    image = image.copy()
    if half_side:
        box = (column - half_side, row - half_side, column + half_side - 1, row + half_side - 1)
        ImageDraw.Draw(image).rectangle(box, fill=GREY)
    return image


# From an image and the signed argument.
REFERENCE: dict[str, Callable[[PilImage, float], PilImage]] = {
    "AutoContrast": lambda image, _: ImageOps.autocontrast(image),
    "Equalize": lambda image, _: ImageOps.equalize(image),
    "Invert": lambda image, _: ImageOps.invert(image),
    "Rotate": lambda image, degrees: image.rotate(degrees, fillcolor=GREY),
    "Posterize": lambda image, bits: ImageOps.posterize(image, min(max(int(bits), 1), 8)),
    "Solarize": lambda image, threshold: ImageOps.solarize(image, int(threshold)),
    "Color": lambda image, factor: ImageEnhance.Color(image).enhance(factor),
    "Contrast": lambda image, factor: ImageEnhance.Contrast(image).enhance(factor),
    "Brightness": lambda image, factor: ImageEnhance.Brightness(image).enhance(factor),
    "Sharpness": lambda image, factor: ImageEnhance.Sharpness(image).enhance(factor),
    "ShearX": lambda image, slope: affine(image, (1, slope, 0, 0, 1, 0)),
    "ShearY": lambda image, slope: affine(image, (1, 0, 0, slope, 1, 0)),
    "TranslateX": lambda image, pixels: affine(image, (1, 0, pixels * image.width / 224, 0, 1, 0)),
    "TranslateY": lambda image, pixels: affine(image, (1, 0, 0, 0, 1, pixels * image.height / 224)),
    "Cutout": cutout,
    "SolarizeAdd": lambda image, addend: image.point(lambda v: min(v + addend, 255) if v < 128 else v),
}


def noise(height: int, width: int, low: int = 0, high: int = 256) -> PilImage:
    return Image.fromarray(
        np.random.default_rng(height * width).integers(low, high, (height, width, 3), dtype=np.uint8)
    )


def smooth(height: int, width: int) -> PilImage:
    return noise(4, 5).resize((width, height), Image.Resampling.BICUBIC)


SYNTHETIC = {
    "noise": noise(64, 80),
    "narrow levels": noise(40, 40, 90, 131),
    "smooth and tall": smooth(96, 60),
    "smooth and 224": smooth(224, 224),
    "one colour": Image.new("RGB", (33, 21), (7, 130, 250)),
    "odd and tiny": noise(5, 7),
    "two rows": noise(2, 9),
    "one pixel": noise(1, 1),
}


def differences(name: str, image: PilImage) -> list[tuple[float, bool]]:
    """Return the (magnitude, negative) at which an operation on an image differs from Pillow."""
    batch = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]
    different = []
    for magnitude in MAGNITUDES:
        positive = argument(name, RandAugmentConfig(magnitude=magnitude))
        for negative in (
            (False, True) if name in ("Rotate", "ShearX", "ShearY", "TranslateX", "TranslateY") else (False,)
        ):
            ours = apply_op(name, batch, magnitude, negative=negative, mode="pil")
            theirs = REFERENCE[name](image, -positive if negative else positive)
            if not torch.equal(ours, as_batch(theirs)):
                different.append((magnitude, negative))
    return different


def as_batch(image: PilImage) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]


@pytest.mark.parametrize("picture", SYNTHETIC)
@pytest.mark.parametrize("name", OPERATIONS)
def test_synthetic_images_are_equal_to_the_last_bit(name: str, picture: str):
    assert differences(name, SYNTHETIC[picture]) == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_photos_are_equal_to_the_last_bit(shared: Path, name: str):
    paths = sorted((shared / "data" / "photos_cc0").rglob("*.jpg"))[:4]
    assert len(paths) == 4
    for side, path in zip((97, 160, 192, 224), paths, strict=True):
        image = Image.open(path).convert("RGB")
        image.thumbnail((side, side))
        assert differences(name, image) == [], path.name


def test_color_is_equal_for_every_colour():
    # 256 greens and blues for each of 64 reds: four million colours, in all carries of the luma's sum.
    red, green, blue = np.meshgrid(np.arange(0, 256, 4), np.arange(256), np.arange(256), indexing="ij")
    colours = np.stack([red, green, blue], axis=-1).astype(np.uint8).reshape(2048, 2048, 3)
    image = Image.fromarray(colours)
    ours = apply_op("Color", as_batch(image), 0, mode="pil")
    assert torch.equal(ours, as_batch(ImageEnhance.Color(image).enhance(0.1)))


def test_solarize_with_a_threshold_above_255_leaves_the_image_alone():
    image = as_batch(SYNTHETIC["noise"])
    assert torch.equal(apply_op("Solarize", image, 10, mode="pil"), image)
