"""The contract that detectors and heads rely on."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core import FeatureInfo
from rs_core.models import Backbone


def test_the_default_features_are_those_of_a_feature_pyramid(small):
    model = small(width_multiplier=1.0)
    assert isinstance(model, Backbone)
    assert model.feature_info == (
        FeatureInfo(name="c2", channels=256, stride=4),
        FeatureInfo(name="c3", channels=512, stride=8),
        FeatureInfo(name="c4", channels=1024, stride=16),
        FeatureInfo(name="c5", channels=2048, stride=32),
    )
    assert model.num_features == 2048


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(["resnet_18", "resnet_50", "resnet_d_50", "resnet_rs_50"]),
    options=st.fixed_dictionaries(
        {
            "blocks": st.tuples(*[st.integers(1, 2)] * 4),
            "width_multiplier": st.sampled_from([0.125, 0.2, 0.25]),
            "scale_stem": st.booleans(),
            "stem": st.sampled_from(["7x7", "deep", "small"]),
            "stem_downsampling": st.sampled_from(["max_pool", "conv", "stage", "none"]),
            "stem_pool_padding": st.sampled_from(["symmetric", "same"]),
            "downsampling": st.sampled_from(["A", "B", "D"]),
            "pool_every_shortcut": st.booleans(),
            "padding": st.sampled_from(["symmetric", "same"]),
            "se_ratio": st.sampled_from([0.0, 0.25]),
            "output_stride": st.sampled_from([8, 16, 32]),
        }
    ),
    height=st.integers(9, 70),
    width=st.integers(9, 70),
)
def test_feature_info_describes_what_forward_features_returns(name, options, height, width, small, draw):
    model = small(name, **options).eval()
    features = model.forward_features(draw(1, height, width))
    assert list(features) == [info.name for info in model.feature_info]
    for info in model.feature_info:
        shape = (1, info.channels, -(-height // info.stride), -(-width // info.stride))
        assert features[info.name].shape == shape
    assert model.feature_info[-1].stride <= options["output_stride"]
    assert model(draw(1, height, width)).shape == (1, 5)
