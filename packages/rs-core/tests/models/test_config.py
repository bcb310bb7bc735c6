"""What a configuration derives and what it refuses."""

import dataclasses

import numpy as np
import pytest
import timm
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core import ResNetConfig, UserError
from rs_core.models import FAMILIES, model_config


def config(**options):
    return ResNetConfig(**({"blocks": (1, 1, 1, 1)} | options))


def test_stage_rates_equal_those_of_the_released_code(shared):
    recorded = np.load(shared / "oracles" / "recipe_curves.npz")
    rows = zip(recorded["stochastic_depth_init"], recorded["t1_stochastic_depth"], strict=True)
    for largest, expected in rows:
        rates = config(blocks=(3, 4, 6, 3), drop_path_rate=float(largest)).drop_path_rates
        assert [len(stage) for stage in rates] == [3, 4, 6, 3]
        assert all(len(set(stage)) == 1 for stage in rates)
        assert [stage[0] for stage in rates] == pytest.approx(list(expected), rel=1e-12)


@pytest.mark.parametrize("depth", [50, 101])
def test_block_rates_equal_timm(depth):
    with torch.device("meta"):
        theirs = timm.create_model(f"resnetrs{depth}", drop_path_rate=0.3)
    expected = [
        getattr(block.drop_path, "drop_prob", 0.0)
        for name in ("layer1", "layer2", "layer3", "layer4")
        for block in getattr(theirs, name)
    ]
    rates = model_config(f"resnet_rs_{depth}", drop_path_rate=0.3, drop_path_profile="block").drop_path_rates
    assert [rate for stage in rates for rate in stage] == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(
    blocks=st.tuples(*[st.integers(1, 50)] * 4),
    rate=st.floats(0, 0.9),
    profile=st.sampled_from(["stage", "block"]),
)
def test_rates_rise_with_depth_up_to_the_largest(blocks, rate, profile):
    rates = config(blocks=blocks, drop_path_rate=rate, drop_path_profile=profile).drop_path_rates
    flat = [r for stage in rates for r in stage]
    assert tuple(len(stage) for stage in rates) == blocks
    assert flat == sorted(flat)
    assert flat[-1] == pytest.approx(rate)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blocks": (1, 1, 1)}, "four positive counts"),
        ({"blocks": (1, 0, 1, 1)}, "four positive counts"),
        ({"width_multiplier": 0.0}, "width_multiplier=0.0"),
        ({"width_multiplier": 0.01}, "width_multiplier=0.01"),
        ({"width_multiplier": float("nan")}, "width_multiplier=nan"),
        ({"stem_widths": (32, 64)}, "three positive widths"),
        ({"stem_widths": (32, 0, 64)}, "three positive widths"),
        ({"in_channels": 0}, "in_channels=0"),
        ({"num_classes": -1}, "num_classes=-1"),
        ({"drop_path_rate": 1.0}, "drop_path_rate=1.0: give a probability in [0, 1)"),
        ({"dropout": -0.1}, "dropout=-0.1: give a probability in [0, 1)"),
        ({"se_ratio": 1.5}, "se_ratio=1.5"),
        ({"sk_ratio": -0.1}, "sk_ratio=-0.1"),
        ({"sk_ratio": 0.0625, "block": "basic"}, "basic blocks have no selective kernels"),
        ({"bn_momentum": 1.1}, "bn_momentum=1.1"),
        ({"bn_eps": 0.0}, "bn_eps=0.0"),
        ({"output_stride": 4}, "choose 8, 16 or 32"),
        ({"stem": "deeep"}, "did you mean 'deep'?"),
        ({"activation": "swish"}, "choose from ['relu', 'silu']"),
        ({"downsampling": "C"}, "choose from ['A', 'B', 'D']"),
        ({"padding": "SAME"}, "choose from ['symmetric', 'same']"),
        ({"init": "tf3"}, "did you mean 'tf"),
    ],
)
def test_an_impossible_network_is_refused_in_one_line(options, message):
    with pytest.raises(UserError) as error:
        config(**options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_configuration_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        config().num_classes = 3


@pytest.mark.parametrize("name", FAMILIES)
def test_a_row_survives_a_dictionary(name):
    row = FAMILIES[name]
    assert type(row)(**dataclasses.asdict(row)) == row
