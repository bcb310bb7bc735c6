from pathlib import Path

import numpy as np
import pytest

from rs_core.data.randaugment import OPERATIONS, RandAugmentConfig, argument

WITHOUT_ARGUMENT = ("AutoContrast", "Equalize", "Invert")


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in WITHOUT_ARGUMENT])
def test_arguments_of_magnitudes_0_to_20_equal_the_released_code(shared: Path, name: str):
    with np.load(shared / "oracles" / "randaugment_tf1.npz", allow_pickle=False) as oracle:
        expected = oracle[f"args/{name}"].tolist()
    assert [argument(name, RandAugmentConfig(magnitude=magnitude)) for magnitude in range(21)] == expected


@pytest.mark.parametrize("name", WITHOUT_ARGUMENT)
def test_operations_without_an_argument_have_argument_zero(name: str):
    assert argument(name, RandAugmentConfig(magnitude=17)) == 0


def test_the_pixel_constants_set_the_arguments_at_magnitude_10():
    config = RandAugmentConfig(translate_const=14.0, cutout_const=6.0)
    assert argument("TranslateX", config) == argument("TranslateY", config) == 14
    assert argument("Cutout", config) == 6
