"""``config.json`` on the hub: timm, given it and our file, computes what we compute."""

import dataclasses
import json
from typing import get_args

import pytest
import torch

from rs_core import create_model, list_models
from rs_core.data.preprocessing import Preprocessing
from rs_core.data.resize import Resize
from rs_core.models import FAMILIES, ResNetConfig, build_model, model_config
from rs_core.weights.hub_config import TIMM_ENTRIES, hub_config, timm_architecture, why_not_timm
from rs_core.weights.hub_folder import save_hub_folder
from rs_core.weights.release import Origin, PretrainedModel

timm = pytest.importorskip("timm")

SIDE = 64


def randomized(config, *, class_names=(), **preprocessing):
    """A network whose every tensor, statistics included, is drawn."""
    torch.manual_seed(0)
    model = build_model(config).eval()
    for name, tensor in model.state_dict().items():
        if name.endswith(("running_var", "bn1.weight", "bn2.weight", "bn3.weight")):
            torch.nn.init.uniform_(tensor, 0.5, 1.5)
        elif name.endswith(("bias", "running_mean")):
            torch.nn.init.normal_(tensor, std=0.1)
    return PretrainedModel(
        model=model,
        preprocessing=Preprocessing(resolution=SIDE, **preprocessing),
        class_names=class_names,
        origin=Origin(),
    )


def loaded_by_timm(pretrained, folder):
    save_hub_folder(pretrained, folder)
    return timm.create_model(f"local-dir:{folder}", pretrained=True).eval()


SMALL = {"blocks": (1, 2, 1, 1), "num_classes": 7}
NARROW = SMALL | {"width_multiplier": 0.125}

NETWORKS = {
    "narrow ResNet-RS": ("resnet_rs_50", {"width_multiplier": 0.25}),
    "narrower ResNet-RS": ("resnet_rs_50", {"width_multiplier": 0.125}),
    "plain": ("resnet_50", {}),
    "plain and narrow above its stem": ("resnet_50", {"width_multiplier": 0.5, "scale_stem": False}),
    "plain of basic blocks": ("resnet_18", {}),
    "plain, convolution for the pool": ("resnet_50", {"stem_downsampling": "conv"}),
    "ResNet-D": ("resnet_d_50", {"width_multiplier": 0.25}),
    "ResNet-D of basic blocks": ("resnet_d_18", {"width_multiplier": 0.5}),
    "deep stem without D": ("resnet_d_50", {"downsampling": "B", "width_multiplier": 0.25}),
    "tiered stem": ("resnet_d_50", {"stem_widths": (24, 32, 64)}),
    "SiLU": ("resnet_rs_50", {"activation": "silu", "width_multiplier": 0.25}),
    "output stride 8": ("resnet_50", {"output_stride": 8}),
    "output stride 16": ("resnet_18", {"output_stride": 16}),
    "four channels": ("resnet_rs_50", {"in_channels": 4, "width_multiplier": 0.25}),
    "no classifier": ("resnet_rs_50", {"num_classes": 0, "width_multiplier": 0.25}),
}


@pytest.mark.parametrize("case", NETWORKS)
def test_timm_computes_the_same_logits(case, tmp_path):
    row, overrides = NETWORKS[case]
    pretrained = randomized(model_config(row, **(SMALL | overrides)))
    theirs = loaded_by_timm(pretrained, tmp_path / "hub")
    # An odd size, so that padding and ceilings show.
    images = torch.randn(2, pretrained.model.config.in_channels, SIDE + 9, SIDE + 9)
    with torch.no_grad():
        expected, given = pretrained.model(images), theirs(images)
    assert expected.std() > 0
    torch.testing.assert_close(given, expected, rtol=0, atol=1e-5 * float(expected.std()))


@pytest.mark.parametrize("row", list_models("resnet_*"))
def test_timm_builds_every_2d_row(row):
    assert why_not_timm(FAMILIES[row]) == ""
    about = timm_architecture(FAMILIES[row])
    with torch.device("meta"):
        theirs, ours = timm.create_model(about["architecture"], **about["model_args"]), create_model(row)
    assert sum(p.numel() for p in theirs.parameters()) == sum(p.numel() for p in ours.parameters())


@pytest.mark.parametrize("entry", TIMM_ENTRIES)
def test_the_entry_points_of_timm_need_no_arguments(entry):
    assert timm.is_model(entry)
    assert timm_architecture(TIMM_ENTRIES[entry]) == {"architecture": entry, "model_args": {}}


@pytest.mark.parametrize(
    ("row", "overrides", "reason"),
    [
        ("resnet_rs_50", {"padding": "same"}, 'TensorFlow\'s "same" padding'),
        ("resnet_50", {"stem_pool_padding": "same"}, 'TensorFlow\'s "same" padding'),
        ("resnet_50", {"downsampling": "A"}, "strides on the first 1x1 (downsampling A)"),
        ("resnet_rs_50", {"pool_every_shortcut": True}, "an average pool in shortcuts of stride 1"),
        ("resnet_d_50", {"sk_ratio": 0.0625}, "selective kernels as SimCLRv2 has them"),
        ("resnet_rs_50", {"output_stride": 16}, "downsampling D at output_stride 16"),
        ("resnet_rs_50", {"stem": "small"}, "stem 'small'"),
        ("resnet_rs_50", {"stem_downsampling": "stage"}, "stem_downsampling 'stage'"),
        ("resnet_rs_50", {"stem_widths": (32, 48, 64)}, "stem widths (32, 48, 64)"),
        ("resnet_50", {"width_multiplier": 0.5}, "stem widths (16, 16, 32)"),
        ("resnet_50", {"width_multiplier": 0.25, "scale_stem": False}, "a projection that keeps the width"),
        ("resnet_rs_50", {"se_ratio": 0.5}, "squeeze-and-excitation of this ratio or width"),
        ("resnet_rs_50", {"width_multiplier": 0.2}, "squeeze-and-excitation of this ratio or width"),
        ("resnet_18", {"se_ratio": 0.25}, "squeeze-and-excitation of this ratio or width"),
        ("resnet_rs_50", {"bn_eps": 1e-3}, "bn_eps 0.001"),
        ("r3d_rs_50", {}, "3D convolutions"),
    ],
)
def test_what_timm_lacks_is_said(row, overrides, reason):
    assert why_not_timm(model_config(row, **overrides)) == reason


def test_timm_refuses_what_it_cannot_build(tmp_path):
    pretrained = randomized(model_config("resnet_rs_50", **NARROW, padding="same"))
    about = hub_config(pretrained)
    assert about["rs_core"]["not_in_timm"] == 'TensorFlow\'s "same" padding'
    assert about["rs_core"]["model"]["padding"] == "same"
    with pytest.raises(KeyError, match="architecture"):
        loaded_by_timm(pretrained, tmp_path / "hub")


def test_every_field_of_a_network_was_weighed():
    told_to_timm = "blocks width_multiplier in_channels stem stem_widths scale_stem stem_downsampling downsampling"
    told_to_timm += " activation output_stride dropout drop_path_rate drop_path_profile num_classes block se_ratio"
    refused = "padding stem_pool_padding pool_every_shortcut sk_ratio bn_eps"
    of_training_alone = "zero_gamma init bn_momentum activation_checkpointing"
    fields = {field.name for field in dataclasses.fields(ResNetConfig)}
    # A field that is new belongs to one of the three in hub_config.py first, then here.
    assert fields == set(f"{told_to_timm} {refused} {of_training_alone}".split())


def test_padding_of_a_max_pool_that_is_not_there_does_not_matter():
    assert why_not_timm(model_config("resnet_rs_50", stem_pool_padding="same")) == ""


def test_only_what_differs_from_the_nearest_entry_point_is_given():
    assert timm_architecture(model_config("resnet_rs_101")) == {"architecture": "resnetrs101", "model_args": {}}
    about = timm_architecture(model_config("resnet_rs_300", dropout=0.25, drop_path_rate=0.1))
    assert about["model_args"] == {"layers": [4, 36, 54, 4], "drop_rate": 0.25}
    about = timm_architecture(model_config("resnet_50", drop_path_rate=0.1, drop_path_profile="block"))
    assert about == {"architecture": "resnet50", "model_args": {"drop_path_rate": 0.1}}


def test_timm_prepares_images_as_the_model_wants_them(tmp_path):
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
    config = model_config("resnet_rs_50", **NARROW)
    wanted = {"mean": mean, "std": std, "crop_fraction": 0.95, "resize": "pil_bilinear"}
    theirs = loaded_by_timm(randomized(config, **wanted), tmp_path / "hub")
    data = timm.data.resolve_data_config(model=theirs)
    assert (data["interpolation"], data["crop_pct"], data["crop_mode"]) == ("bilinear", 0.95, "center")
    assert [tuple(data[name]) for name in ("input_size", "mean", "std")] == [(3, SIDE, SIDE), mean, std]


@pytest.mark.parametrize("resize", get_args(Resize))
def test_timm_knows_the_name_of_the_resize_that_is_nearest(resize):
    about = hub_config(randomized(model_config("resnet_rs_50", **NARROW), resize=resize))
    mode = timm.data.transforms.str_to_interp_mode(about["pretrained_cfg"]["interpolation"])
    assert mode.value in resize


def test_timm_gets_the_names_of_the_classes_and_can_replace_classifier_and_first_layer(tmp_path):
    names = tuple("abcdefg")
    config = model_config("resnet_rs_50", **NARROW)
    pretrained = randomized(config, class_names=names)
    theirs = loaded_by_timm(pretrained, tmp_path / "hub")
    assert tuple(theirs.pretrained_cfg["label_names"]) == names
    adapted = timm.create_model(f"local-dir:{tmp_path / 'hub'}", pretrained=True, num_classes=3, in_chans=1)
    assert adapted.fc.weight.shape[0] == 3
    expected = pretrained.model.stem.conv1.weight.sum(1, keepdim=True)
    torch.testing.assert_close(adapted.conv1[0].weight, expected)


def test_timm_drops_the_background_class(tmp_path):
    config = model_config("resnet_rs_50", **NARROW)
    pretrained = randomized(config, class_names=tuple("abcdef"), class_offset=1)
    theirs = loaded_by_timm(pretrained, tmp_path / "hub")
    images = torch.randn(2, 3, SIDE, SIDE)
    with torch.no_grad():
        torch.testing.assert_close(theirs(images), pretrained.model(images)[:, 1:], rtol=0, atol=1e-5)


@pytest.mark.parametrize("padding", ["symmetric", "same"])
def test_the_config_survives_json(padding):
    about = hub_config(randomized(model_config("resnet_rs_50", **NARROW, padding=padding), class_names=("é",)))
    again = json.loads(json.dumps(about))
    assert again.keys() == about.keys()
    assert "é" in again.get("label_names", again["rs_core"].get("class_names"))
