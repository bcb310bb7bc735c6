"""The whole network of clips: options reach where they should, features are as described."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core import FeatureInfo
from rs_core.models import Backbone, create_model


def temporal_kernels(model):
    return [[block.conv1.kernel_size[0] for block in stage] for stage in model.stages.values()]


def test_the_features_are_those_of_a_feature_pyramid(small):
    model = small("r3d_rs_50", width_multiplier=1.0)
    assert isinstance(model, Backbone)
    assert model.feature_info == (
        FeatureInfo(name="c2", channels=256, stride=4, temporal_stride=2),
        FeatureInfo(name="c3", channels=512, stride=8, temporal_stride=2),
        FeatureInfo(name="c4", channels=1024, stride=16, temporal_stride=2),
        FeatureInfo(name="c5", channels=2048, stride=32, temporal_stride=2),
    )


def test_the_released_rows_reach_over_frames_in_the_last_two_stages():
    with torch.device("meta"):
        model = create_model("r3d_50")
    assert temporal_kernels(model) == [[1] * 3, [1] * 4, [3] * 6, [3] * 3]


def test_several_kernel_sizes_are_taken_in_turn():
    sizes = ((3,), (3, 1), (3, 1), (1, 3))
    with torch.device("meta"):
        model = create_model("r3d_50", temporal_kernel_sizes=sizes)
    # Model Garden's own R3D-50 (configs/backbones_3d.py:ResNet3D50).
    assert temporal_kernels(model) == [[3, 3, 3], [3, 1, 3, 1], [3, 1, 3, 1, 3, 1], [1, 3, 1]]


@pytest.mark.parametrize("self_gating", ["none", "before_se", "after_se"])
def test_self_gating_is_in_the_last_block_of_each_stage(self_gating, small):
    model = small("r3d_rs_50", blocks=(2, 1, 3, 1), self_gating=self_gating)
    gated = [[block.self_gating is not None for block in stage] for stage in model.stages.values()]
    last = self_gating != "none"
    assert gated == [[False, last], [last], [False, False, last], [last]]


def test_drop_path_follows_the_stages(small):
    model = small("r3d_rs_50", blocks=(1, 2, 1, 1), drop_path_rate=0.1)
    assert [block.drop_path_rate for block in model.blocks()] == pytest.approx([0.04, 0.06, 0.06, 0.08, 0.1])


@pytest.mark.parametrize("multiplier", [0.25, 1.0, 1.5])
def test_every_stage_follows_the_width_multiplier(multiplier):
    with torch.device("meta"):
        model = create_model("r3d_rs_50", width_multiplier=multiplier)
    assert [info.channels for info in model.feature_info] == [int(multiplier * c) for c in (256, 512, 1024, 2048)]
    assert model.stages["c3"][3].self_gating.out_features == int(512 * multiplier)
    assert model.stages["c3"][3].se.reduce.out_features == int(128 * multiplier)


@settings(deadline=None, max_examples=25)
@given(
    name=st.sampled_from(["r3d_50", "r3d_rs_50"]),
    options=st.fixed_dictionaries(
        {
            "blocks": st.tuples(*[st.integers(1, 2)] * 4),
            "width_multiplier": st.sampled_from([0.125, 0.2]),
            "stem": st.sampled_from(["7x7", "deep"]),
            "stem_temporal_kernel_size": st.sampled_from([1, 3, 5]),
            "stem_temporal_stride": st.integers(1, 2),
            "pool_temporal_stride": st.integers(1, 2),
            "temporal_kernel_sizes": st.tuples(*[st.sampled_from([(1,), (3,), (3, 1)])] * 4),
            "temporal_strides": st.tuples(*[st.integers(1, 2)] * 4),
            "self_gating": st.sampled_from(["none", "before_se", "after_se"]),
            "padding": st.sampled_from(["symmetric", "same"]),
            "se_ratio": st.sampled_from([0.0, 0.25]),
        }
    ),
    frames=st.integers(1, 9),
    height=st.integers(9, 40),
    width=st.integers(9, 40),
)
def test_feature_info_describes_what_forward_features_returns(name, options, frames, height, width, small, clips):
    model = small(name, **options).eval()
    x = clips(1, frames, height, width)
    features = model.forward_features(x)
    assert list(features) == [info.name for info in model.feature_info]
    for info in model.feature_info:
        positions = (-(-frames // info.temporal_stride), -(-height // info.stride), -(-width // info.stride))
        assert features[info.name].shape == (1, info.channels, *positions)
    assert model.config.stride == model.feature_info[-1].stride
    assert model(x).shape == (1, 5)


def test_state_dict_keys_are_stable(small):
    block = [
        *("shortcut.conv.weight", "shortcut.bn.weight", "se.reduce.weight", "se.expand.bias"),
        *("self_gating.weight", "self_gating.bias", "conv1.weight", "bn1.weight", "conv3.weight", "bn3.running_var"),
    ]
    keys = set(small("r3d_rs_50").state_dict())
    assert {"stem.conv3.weight", "stem.bn3.num_batches_tracked", "classifier.bias"} <= keys
    assert {f"stages.{stage}.0.{key}" for stage in ("c2", "c5") for key in block} <= keys
    assert len(keys) == 3 * 6 + 4 * (4 * 6 + 4 + 2) + 2
