"""Against outputs of the released TensorFlow code, to the last bit."""

import ast
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rs_core.data.randaugment import OPERATIONS, RandAugmentConfig, apply_op, argument


def has_fused_multiply_add() -> bool:
    # The exact product is 1 + 2**-11 + 2**-24; rounded on its own to float32 it loses the last term.
    value = 1 + 2**-12
    return bool(torch.full((64,), -1 - 2**-11).add_(torch.full((64,), value), alpha=value).all())


# TensorFlow's Sharpness adds up with fused multiply-adds, which a CPU without the instruction cannot repeat.
FUSED = has_fused_multiply_add()
EXACT_OPERATIONS = [op for op in OPERATIONS if FUSED or op != "Sharpness"]


class Oracle:
    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as arrays:
            self.arrays = dict(arrays)

    def image(self, name: str) -> Tensor:
        return torch.from_numpy(self.arrays[f"in/{name}"]).permute(2, 0, 1)[None]

    def output(self, name: str) -> Tensor:
        """Return the recorded rows of the output of a case, [1, 3, rows, W]."""
        return torch.from_numpy(self.arrays[f"out/{name}"]).permute(2, 0, 1)[None]

    def cases(self, op: str) -> Iterator[tuple[str, Tensor, str]]:
        """Yield name, our output and the SHA-256 of the recorded output of each case of an operation."""
        for name, sha256 in zip(self.arrays["sha256_names"], self.arrays["sha256"], strict=True):
            image, case_op, *settings = name.split("/")
            if case_op == op:
                yield name, self.apply(image, op, settings), sha256

    def apply(self, image: str, op: str, settings: list[str]) -> Tensor:
        magnitude, negative, centre = 0.0, "neg" in settings, None
        for setting in settings:
            if setting.startswith("M"):
                magnitude = float(setting[1:])
            elif setting not in ("pos", "neg"):
                row, column = self.arrays[f"cutout_center/{image}/{setting}"].tolist()
                centre = (row, column)
        return apply_op(op, self.image(image), magnitude, negative=negative, centre=centre)


@pytest.fixture(scope="module")
def oracle(shared: Path) -> Oracle:
    return Oracle(shared / "oracles" / "randaugment_tf1.npz")


def sha256_of(image: Tensor) -> str:
    return hashlib.sha256(image[0].permute(1, 2, 0).contiguous().numpy().tobytes()).hexdigest()


@pytest.mark.parametrize("op", EXACT_OPERATIONS)
def test_every_recorded_case_is_equal_to_the_last_bit(oracle: Oracle, op: str):
    results = {name: sha256_of(output) == expected for name, output, expected in oracle.cases(op)}
    assert len(results) >= 4
    assert [name for name, equal in results.items() if not equal] == []


def test_sharpness_is_off_by_no_more_than_one_level_before_blending(oracle: Oracle):
    # Only without fused multiply-add is it off at all: otherwise the test of every recorded case includes it.
    for name, output, _ in oracle.cases("Sharpness"):
        image, _, magnitude = name.split("/")
        factor = argument("Sharpness", RandAugmentConfig(magnitude=float(magnitude[1:])))
        rows = output[:, :, :: int(oracle.arrays[f"row_step/{image}"])]
        assert (rows.int() - oracle.output(name).int()).abs().max() <= math.ceil(abs(1 - factor)), name


def test_the_recorded_cases_cover_all_operations_and_nothing_else(oracle: Oracle):
    names = oracle.arrays["sha256_names"]
    assert len(names) == 273
    assert {name.split("/")[1] for name in names} == set(OPERATIONS)


def test_every_recorded_chain_of_two_operations_is_equal_to_the_last_bit(oracle: Oracle):
    settings = dict(spec.split(":", 1) for spec in oracle.arrays["chain_spec"])
    unequal = []
    for name, expected in zip(oracle.arrays["chain_names"], oracle.arrays["chain_sha256"], strict=True):
        image = oracle.image("photo160")
        for op in name.split(">"):
            chosen = ast.literal_eval(settings[op])
            image = apply_op(
                op,
                image,
                chosen.get("M", 0),
                negative=chosen.get("sign", 1) < 0,
                centre=chosen.get("center"),
            )
        if sha256_of(image) != expected and (FUSED or "Sharpness" not in name):
            unequal.append(name)
    assert len(oracle.arrays["chain_names"]) == 49
    assert unequal == []


VALUES = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).repeat(1, 3, 1, 1)


@pytest.mark.parametrize("magnitude", [10, 20])
def test_solarize_inverts_everything_where_its_threshold_wraps_to_zero(magnitude: float):
    assert torch.equal(apply_op("Solarize", VALUES, magnitude), 255 - VALUES)


@pytest.mark.parametrize("magnitude", [0, 2.4, 22.5, 27])
def test_posterize_keeps_the_top_bit_where_no_bit_or_more_than_a_byte_should_stay(magnitude: float):
    assert torch.equal(apply_op("Posterize", VALUES, magnitude), VALUES & 128)


@pytest.mark.parametrize(("side", "grey"), [(160, 100), (192, 144), (224, 196), (256, 255), (320, 255)])
def test_contrast_blends_with_a_grey_that_is_the_number_of_pixels(side: int, grey: int):
    images = torch.full((1, 3, side, side), grey, dtype=torch.uint8)
    assert torch.equal(apply_op("Contrast", images, 15), images)
    assert not torch.equal(apply_op("Contrast", images - 20, 15), images - 20)


def test_autocontrast_of_every_range_of_values_follows_float32_arithmetic():
    # One image for each smallest and largest value, and all values between them.
    low, high = np.triu_indices(256, k=1)
    between = np.linspace(low, high, 16, dtype=np.uint8, axis=1)
    images = torch.from_numpy(between).view(-1, 1, 4, 4).repeat(1, 3, 1, 1)
    scale = np.float32(255) / (high - low).astype(np.float32)
    offset = -low.astype(np.float32) * scale
    expected = (between.astype(np.float32) * scale[:, None] + offset[:, None]).clip(0, 255).astype(np.uint8)
    assert np.array_equal(apply_op("AutoContrast", images, 10)[:, 0].flatten(1).numpy(), expected)


# Below a half in float32, so it is one pixel for the columns whose sum with it rounds up, and none for others.
ALMOST_HALF = 0.49999997


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("pixels", [ALMOST_HALF, 0.5, 3.3, 4.5, 16.5, 40.0])
def test_translations_round_the_position_of_each_pixel_half_away_from_zero(pixels: float, negative: bool):
    images = torch.randint(1, 128, (2, 3, 17, 17), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    expected = translated_columns(images.numpy(), np.float32(-pixels if negative else pixels))
    across = apply_op("TranslateX", images, 10, negative=negative, translate_const=pixels)
    assert np.array_equal(across.numpy(), expected)
    down = apply_op("TranslateY", images.mT, 10, negative=negative, translate_const=pixels)
    assert np.array_equal(down.mT.numpy(), expected)


def translated_columns(images: NDArray[np.uint8], pixels: np.float32) -> NDArray[np.uint8]:
    moved = np.full_like(images, 128)
    for x in range(images.shape[-1]):
        position = float(np.float32(x) + pixels)
        source = int(math.copysign(math.floor(abs(position) + 0.5), position))
        if 0 <= source < images.shape[-1]:
            moved[..., x] = images[..., source]
    return moved
