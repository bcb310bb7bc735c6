"""Networks of rs-core inside mmdetection and mmsegmentation."""

import pytest
import torch
from mmdet.registry import MODELS as MMDET_MODELS
from mmengine.registry import MODELS as ROOT_MODELS
from mmseg.registry import MODELS as MMSEG_MODELS

from rs_core import create_model
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import FrozenBatchNorm2d, image_model_config
from rs_core.weights.release import Origin, PretrainedModel, save_model
from rs_transfer.mm import RSBackbone
from rs_transfer.mm.start import open_start

SMALL = {"blocks": (1, 1, 1, 1), "width_multiplier": 0.125}


@pytest.fixture
def weights(tmp_path):
    """A small ResNet-50 for 24 px with pixels of its own scale, as a file."""
    torch.manual_seed(0)
    model = create_model("resnet_50", **SMALL, num_classes=7, padding="same").eval()
    path = tmp_path / "model.safetensors"
    preprocessing = Preprocessing(resolution=24, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    names = tuple("abcdefg")
    save_model(PretrainedModel(model=model, preprocessing=preprocessing, class_names=names, origin=Origin()), path)
    return path


@pytest.mark.parametrize("registry", [MMDET_MODELS, MMSEG_MODELS], ids=["mmdet", "mmseg"])
@pytest.mark.parametrize("name", ["RSBackbone", "rs_transfer.RSBackbone"])
def test_both_libraries_build_it_by_name(registry, name):
    backbone = registry.build({"type": name, "name": "resnet_rs_50", **SMALL})
    assert isinstance(backbone, RSBackbone)


def test_without_an_import_the_root_registry_finds_it_by_its_path():
    assert ROOT_MODELS.get("rs_transfer.RSBackbone") is RSBackbone


def test_it_gives_the_features_of_the_network(weights):
    network = create_model("resnet_rs_50", **SMALL).eval()
    backbone = RSBackbone("resnet_rs_50", **SMALL).eval()
    backbone.network.load_state_dict({k: v for k, v in network.state_dict().items() if not k.startswith("classifier")})
    images = torch.randn(2, 3, 64, 96)
    for ours, expected in zip(backbone(images), network.forward_features(images).values(), strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)


def test_a_full_size_row_has_the_channels_and_strides_of_resnet_50():
    start = open_start("", image_model_config("resnet_rs_50"))
    assert start.channels == (256, 512, 1024, 2048)
    assert start.strides == (4, 8, 16, 32)


def test_stages_after_the_last_one_asked_for_are_not_built():
    backbone = RSBackbone("resnet_rs_50", out_indices=(0, 2), **SMALL).eval()
    assert list(backbone.network.stages) == ["c2", "c3", "c4"]
    shapes = [tuple(features.shape) for features in backbone(torch.zeros(1, 3, 64, 64))]
    assert shapes == [(1, 32, 16, 16), (1, 128, 4, 4)]
    assert [info.name for info in backbone.feature_info] == ["c2", "c4"]


def test_with_output_stride_8_late_stages_dilate():
    backbone = RSBackbone("resnet_50", output_stride=8, **SMALL).eval()
    assert [features.shape[-1] for features in backbone(torch.zeros(1, 3, 64, 64))] == [16, 8, 8, 8]


def test_weights_bring_their_network_and_their_padding(weights):
    backbone = RSBackbone(weights=str(weights), drop_path_rate=0.2)
    assert backbone.network.config.padding == "same"
    assert backbone.network.config.drop_path_rate == 0.2
    original = create_model("resnet_50", weights=None, **SMALL)  # for the names alone
    assert set(backbone.network.state_dict()) == {k for k in original.state_dict() if not k.startswith("classifier")}


def test_weights_bring_the_pixels_that_they_know(weights):
    assert open_start(str(weights), image_model_config("resnet_50")).pixel_statistics == {
        "mean": [0.0, 0.0, 0.0],
        "std": [255.0, 255.0, 255.0],
    }
    standard = open_start("", image_model_config("resnet_50")).pixel_statistics
    assert standard["mean"] == pytest.approx([123.675, 116.28, 103.53])
    assert standard["std"] == pytest.approx([58.395, 57.12, 57.375])


def test_weights_stay_when_mmengine_initialises_the_model(weights):
    backbone = RSBackbone(weights=str(weights))
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    backbone.init_weights()
    assert all(torch.equal(before[name], tensor) for name, tensor in backbone.state_dict().items())


def test_frozen_stages_neither_learn_nor_move():
    backbone = RSBackbone("resnet_rs_50", frozen_stages=1, **SMALL).train()
    frozen = [backbone.network.stem, backbone.network.stages["c2"]]
    assert not any(p.requires_grad for part in frozen for p in part.parameters())
    assert all(p.requires_grad for p in backbone.network.stages["c3"].parameters())
    before = frozen[1].state_dict()["0.bn1.running_mean"].clone()
    backbone(torch.randn(2, 3, 64, 64))
    assert torch.equal(before, frozen[1].state_dict()["0.bn1.running_mean"])


def test_norm_eval_keeps_all_statistics_and_lets_weights_learn():
    backbone = RSBackbone("resnet_rs_50", norm_eval=True, **SMALL).train()
    norms = [m for m in backbone.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert norms
    assert all(isinstance(norm, FrozenBatchNorm2d) and not norm.training for norm in norms)
    assert all(p.requires_grad for p in backbone.parameters())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give name, such as resnet_rs_50, or weights"),
        ({"name": "resnet_rs_51"}, "unknown model 'resnet_rs_51'.*resnet_rs_50"),
        ({"name": "resnet_50", "output_stride": 7}, "output_stride=7: choose 8, 16 or 32"),
        ({"name": "resnet_50", "depth": 50}, "resnet_50 has no option 'depth'"),
        ({"name": "r3d_rs_50"}, "takes clips of video"),
        ({"name": "resnet_50", "out_indices": (1, 0)}, "out_indices=.1, 0.: give some of 0, 1, 2 and 3"),
        ({"name": "resnet_50", "frozen_stages": 5}, "frozen_stages=5: give -1"),
        ({"name": "resnet_50", "init_cfg": {"type": "Pretrained"}}, "takes weights=…, not init_cfg"),
        ({"weights": "nowhere.pth"}, "nowhere.pth"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(arguments, message):
    with pytest.raises(UserError, match=message) as refusal:
        RSBackbone(**arguments)
    assert "\n" not in str(refusal.value)


def test_weights_of_another_width_than_asked_for_are_refused(weights):
    with pytest.raises(UserError, match=r"model\.safetensors"):
        RSBackbone(weights=str(weights), width_multiplier=0.25)
