"""What a path and a number of classes say about the input of an imported network."""

from pathlib import Path

import pytest

from rs_core.models.families import FAMILIES
from rs_core.weights.layouts.inputs import background_class, released_preprocessing, resolution_in_path
from rs_core.weights.layouts.layout import Options

PATHS = {
    "resnet-rs-152-i224/model.ckpt-109475": 224,
    "/data/resnet-rs-50-i160/resnet-rs-350-i320": 320,
    "resnet-rs-50-i160_notop.h5": 160,
    "resnetrs101_i192_ema-1509bbf6.pth": 192,
    "resnet_rs_152.tf1-i256/model.ckpt": 256,
    "/usr/lib/i386/model.ckpt-109475": 0,
    "resnet-rs-50/model.ckpt-160": 0,
    "my-i160/model.ckpt": 0,
}


@pytest.mark.parametrize("path", PATHS)
def test_the_resolution_is_the_one_that_the_last_telling_name_in_the_path_states(path):
    assert resolution_in_path(Path(path)) == PATHS[path]


@pytest.mark.parametrize(
    ("row", "path", "asked", "resolution", "is_guess"),
    [
        ("resnet_rs_152", "resnet-rs-152-i224/model.ckpt", 0, 224, False),
        ("resnet_rs_152", "resnet-rs-152-i224/model.ckpt", 128, 128, False),
        ("resnet_rs_152", "model.ckpt", 0, 256, True),
        ("resnet_rs_350", "model.ckpt", 0, 320, True),
        ("resnet_rs_350", "model.ckpt", 256, 256, False),
        ("resnet_rs_50", "model.ckpt", 0, 160, False),
        ("resnet_rs_420", "model.ckpt", 0, 320, False),
        ("resnet_50", "model.ckpt", 0, 224, False),
        ("resnet_rs_400", "model.ckpt", 0, 224, False),
    ],
)
def test_the_input_takes_the_asked_resolution_then_the_paths_then_the_largest_released_and_says_so(
    row, path, asked, resolution, is_guess
):
    preprocessing, notes = released_preprocessing(
        FAMILIES[row], Path(path), Options(resolution=asked), "tf1", crop_rule="tf2", resize="tf2_bilinear"
    )
    assert preprocessing.resolution == resolution
    assert (preprocessing.crop_rule, preprocessing.resize, preprocessing.class_offset) == ("tf2", "tf2_bilinear", 0)
    assert any("does not say which" in note for note in notes) == is_guess


def test_only_1001_classes_have_a_background():
    assert [background_class(n)[0] for n in (0, 10, 1000, 1001, 1002)] == [0, 0, 0, 1, 0]
    assert background_class(1001)[1]
