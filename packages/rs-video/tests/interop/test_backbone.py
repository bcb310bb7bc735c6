"""Models of pytorchvideo through our contract give what they give themselves."""

import pytest
import torch
from torch import nn

from rs_core import FeatureInfo, UserError
from rs_core.models import Backbone
from rs_video.interop import PytorchvideoBackbone

resnet = pytest.importorskip("pytorchvideo.models.resnet")
hub = pytest.importorskip("pytorchvideo.models.hub")


def small_resnet(**options):
    return resnet.create_resnet(stem_dim_out=8, model_num_class=5, head_pool_kernel_size=(1, 1, 1), **options)


def clips(frames=8, pixels=64):
    return torch.randn(2, 3, frames, pixels, pixels, generator=torch.Generator().manual_seed(0))


def info(*rows):
    names = ("c2", "c3", "c4", "c5")
    return tuple(
        FeatureInfo(name=name, channels=channels, temporal_stride=temporal_stride, stride=stride)
        for name, (channels, temporal_stride, stride) in zip(names, rows, strict=True)
    )


EXPECTED = {
    "slow_r50": info((256, 1, 4), (512, 1, 8), (1024, 1, 16), (2048, 1, 32)),
    "i3d_r50": info((256, 1, 4), (512, 2, 8), (1024, 2, 16), (2048, 2, 32)),
    "csn_r101": info((256, 1, 4), (512, 2, 8), (1024, 4, 16), (2048, 8, 32)),
    "r2plus1d_r50": info((256, 1, 4), (512, 1, 8), (1024, 2, 16), (2048, 4, 32)),
    "x3d_xs": info((24, 1, 4), (48, 1, 8), (96, 1, 16), (192, 1, 32)),
}


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_models_of_the_hub_are_described(name, expected):
    with torch.device("meta"):
        model = getattr(hub, name)(head_activation=None)
    assert PytorchvideoBackbone(model).feature_info == expected


@pytest.mark.parametrize(
    ("options", "temporal_stride"),
    [
        ({}, 1),
        ({"stem_conv_stride": (2, 2, 2)}, 2),
        # A pool of frames stands between the first two stages.
        ({"stage1_pool": nn.MaxPool3d}, 2),
    ],
)
def test_features_are_the_outputs_of_the_stages_and_logits_the_models_own(options, temporal_stride):
    torch.manual_seed(0)
    model = small_resnet(**options).eval()
    backbone = PytorchvideoBackbone(model)
    assert isinstance(backbone, Backbone)
    outputs = []
    for block in model.blocks:
        if hasattr(block, "res_blocks"):
            block.register_forward_hook(lambda module, inputs, output: outputs.append(output))
    x = clips()
    with torch.no_grad():
        logits = model(x)
        expected = list(outputs)
        features = backbone.forward_features(x)
        assert torch.equal(backbone(x), logits)
        assert torch.equal(backbone.forward_head(features["c5"]), logits)
    assert [f.name for f in backbone.feature_info] == list(features)
    for feature, record, output in zip(features.values(), backbone.feature_info, expected, strict=True):
        assert torch.equal(feature, output)
        assert feature.shape[1:] == (
            record.channels,
            8 // record.temporal_stride,
            64 // record.stride,
            64 // record.stride,
        )
    assert backbone.feature_info[-1].temporal_stride == temporal_stride
    assert backbone.num_features == features["c5"].shape[1]


def test_it_trains_the_model_that_it_was_given():
    torch.manual_seed(0)
    model = small_resnet()
    backbone = PytorchvideoBackbone(model)
    backbone(clips()).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert {name.removeprefix("model.") for name in backbone.state_dict()} == set(model.state_dict())


def test_describing_leaves_the_model_as_it_is():
    torch.manual_seed(0)
    model = small_resnet().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    PytorchvideoBackbone(model)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (hub.slowfast_r50, "Net: has several pathways"),
        (hub.slow_r50_detection, "DetectionBBoxNetwork: has no list of blocks"),
        (hub.x3d_xs, "the head ends in Softmax.*head_activation=None"),
        (lambda: nn.Linear(2, 2), "Linear: has no list of blocks"),
        (lambda: nn.ModuleDict({"blocks": nn.ModuleList([nn.Identity()])}), "has 0 residual stages"),
    ],
    ids=["two pathways", "detector", "probabilities", "no network", "no stages"],
)
def test_a_model_that_does_not_fit_is_refused_in_one_line(build, message):
    with torch.device("meta"):
        model = build()
    with pytest.raises(UserError, match=message) as caught:
        PytorchvideoBackbone(model)
    assert "\n" not in str(caught.value)
