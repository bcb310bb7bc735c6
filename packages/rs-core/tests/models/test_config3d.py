"""What a configuration of a network of clips derives and what it refuses."""

import dataclasses
import json

import pytest

from rs_core import UserError
from rs_core.configs import from_dict
from rs_core.models import FAMILIES, ResNet3dConfig


def config(**options):
    return ResNet3dConfig(**({"blocks": (1, 1, 1, 1)} | options))


def test_the_defaults_are_those_of_the_released_k400_experiment():
    # tensorflow/models:official/vision/configs/experiments/video_classification/k400_resnet3drs_50_tpu.yaml
    row = FAMILIES["r3d_rs_50"]
    assert row == ResNet3dConfig(blocks=(3, 4, 6, 3))
    assert (row.stem_temporal_kernel_size, row.stem_temporal_stride, row.pool_temporal_stride) == (5, 2, 1)
    assert (row.se_ratio, row.activation, row.bn_eps, row.padding) == (0.25, "relu", 1e-5, "same")


def test_the_baseline_has_neither_gates_nor_the_deep_stem():
    changed = {"stem": "7x7", "self_gating": "none", "se_ratio": 0.0}
    assert FAMILIES["r3d_50"] == dataclasses.replace(FAMILIES["r3d_rs_50"], **changed)


def test_it_survives_json():
    row = dataclasses.replace(FAMILIES["r3d_rs_50"], temporal_kernel_sizes=((3,), (3, 1), (3, 1), (1, 3)))
    assert from_dict(ResNet3dConfig, json.loads(json.dumps(dataclasses.asdict(row)))) == row


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temporal_kernel_sizes": ((1,), (1,), (3,))}, "give a tuple for each stage"),
        ({"temporal_kernel_sizes": (1, 1, 3, 3)}, "such as ((1,), (1,), (3,), (3,))"),
        ({"temporal_kernel_sizes": ((1,), (), (3,), (3,))}, "give a tuple for each stage"),
        ({"temporal_kernel_sizes": ((1,), (2,), (3,), (3,))}, "a temporal kernel of 2 frames: give an odd number"),
        ({"stem_temporal_kernel_size": 0}, "a temporal kernel of 0 frames"),
        ({"stem_temporal_stride": 0}, "stem_temporal_stride=0"),
        ({"pool_temporal_stride": -1}, "pool_temporal_stride=-1"),
        (
            {"temporal_strides": (1, 1, 1)},
            "give positive numbers, in temporal_strides four",
        ),
        ({"temporal_strides": (1, 1, 0, 1)}, "give positive numbers"),
        ({"self_gating": "before"}, "did you mean 'before_se'?"),
        ({"stem": "small"}, "choose from ['7x7', 'deep']"),
        ({"blocks": (1, 1, 1)}, "four positive counts"),
        ({"dropout": 1.0}, "dropout=1.0"),
    ],
)
def test_an_impossible_network_is_refused_in_one_line(options, message):
    with pytest.raises(UserError) as error:
        config(**options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
