"""A ``config.json`` of timm beside the weights decides about the input, and about what shapes do not tell."""

import json

import pytest
import timm
import torch
from safetensors.torch import save_file

from rs_core import UserError, load_pretrained


@pytest.fixture
def hub_folder(tmp_path):
    """A folder as timm puts it on the hub: weights and config."""
    model = timm.create_model("resnet18", num_classes=3)
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    stated = {"input_size": [3, 160, 160], "crop_pct": 0.91, "interpolation": "bicubic"}
    stated |= {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "label_names": ["cat", "dog", "owl"]}
    write_config(tmp_path, stated)
    return tmp_path


def write_config(folder, stated, architecture="resnet18", **model_args):
    config = {"architecture": architecture, "model_args": model_args, "pretrained_cfg": stated}
    (folder / "config.json").write_text(json.dumps(config))


def test_the_input_and_the_names_are_those_stated(hub_folder):
    loaded = load_pretrained(hub_folder / "model.safetensors")
    preprocessing = loaded.preprocessing
    assert (preprocessing.resolution, preprocessing.crop_fraction, preprocessing.resize) == (160, 0.91, "pil_bicubic")
    assert (preprocessing.mean, preprocessing.std) == ((0.5,) * 3, (0.25,) * 3)
    assert preprocessing.crop_rule == "resize_first"
    assert loaded.class_names == ("cat", "dog", "owl")
    assert any("config.json" in note for note in loaded.origin.notes)
    assert load_pretrained(hub_folder, resolution=224).preprocessing.resolution == 224


def test_timms_own_configs_are_followed(hub_folder):
    stated = timm.create_model("resnetrs50", num_classes=0).pretrained_cfg
    write_config(hub_folder, stated)
    preprocessing = load_pretrained(hub_folder).preprocessing
    assert (preprocessing.resolution, preprocessing.crop_fraction, preprocessing.resize) == (160, 0.91, "pil_bicubic")


def test_another_programs_config_says_nothing(hub_folder):
    (hub_folder / "config.json").write_text('{"model_type": "bert"}')
    assert load_pretrained(hub_folder).class_names == ("0", "1", "2")


@pytest.mark.parametrize(
    "content", ["{", '{"pretrained_cfg": 3}', '{"pretrained_cfg": {}}', '{"pretrained_cfg": {"input_size": []}}']
)
def test_a_damaged_config_is_one_line(hub_folder, content):
    (hub_folder / "config.json").write_text(content)
    with pytest.raises(UserError, match=r"config.json: not a timm config") as caught:
        load_pretrained(hub_folder)
    assert "\n" not in str(caught.value)


def test_a_filter_that_we_lack_is_refused(hub_folder):
    stated = {"input_size": [3, 9, 9], "crop_pct": 1, "mean": [0, 0, 0], "std": [1, 1, 1], "interpolation": "lanczos"}
    write_config(hub_folder, stated)
    with pytest.raises(UserError, match="lanczos"):
        load_pretrained(hub_folder)


def test_names_for_another_number_of_classes_are_refused(hub_folder):
    config = json.loads((hub_folder / "config.json").read_text())
    write_config(hub_folder, config["pretrained_cfg"] | {"label_names": ["cat"]})
    with pytest.raises(UserError, match=r"1 class names for 3 classes; correct them"):
        load_pretrained(hub_folder)


def saved_by_timm(folder, name, **model_args):
    """Build a network of timm's whose weights are random and whose branches count, and save it as for the hub."""
    torch.manual_seed(0)
    model = timm.create_model(name, zero_init_last=False, **model_args).eval()
    timm.models.save_for_hf(model, folder, model_args=model_args)
    return model


@pytest.mark.parametrize(
    "name, model_args", [("resnet18", {}), ("resnet18", {"act_layer": "silu"}), ("seresnet50", {})]
)
@torch.no_grad()
def test_what_timm_saves_gives_the_same_logits(tmp_path, name, model_args):
    theirs = saved_by_timm(tmp_path, name, **model_args)
    loaded = load_pretrained(tmp_path)
    images = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(loaded.model(images), theirs(images), rtol=1e-4, atol=1e-4)
    assert loaded.model.config.activation == model_args.get("act_layer", "relu")


@pytest.mark.parametrize(
    "name, model_args, said",
    [
        ("resnetblur18", {}, "architecture='resnetblur18'"),
        ("resnetaa50", {}, "architecture='resnetaa50'"),
        ("resnet18", {"act_layer": "gelu"}, "act_layer='gelu'"),
        ("resnet18", {"output_stride": 8}, "output_stride=8"),
        ("resnet18", {"global_pool": "max"}, "global_pool='max'"),
    ],
)
def test_networks_that_only_look_like_ours_are_refused(tmp_path, name, model_args, said):
    saved_by_timm(tmp_path, name, **model_args)
    with pytest.raises(UserError, match=rf"config.json: {said}, so the weights are not of a network of this family"):
        load_pretrained(tmp_path)


def test_arguments_that_shapes_tell_or_that_training_alone_needs_say_nothing(hub_folder):
    stated = json.loads((hub_folder / "config.json").read_text())["pretrained_cfg"]
    write_config(hub_folder, stated, layers=[2, 2, 2, 2], drop_path_rate=0.1, output_stride=32, aa_layer=None)
    assert load_pretrained(hub_folder).origin.architecture == "resnet_18 with num_classes=3"


@pytest.mark.parametrize("stated", [{"model_args": 3}, {"model_args": {"act_layer": ["relu"]}}, {"architecture": 3}])
def test_a_damaged_description_of_the_network_is_one_line(hub_folder, stated):
    config = json.loads((hub_folder / "config.json").read_text())
    (hub_folder / "config.json").write_text(json.dumps(config | stated))
    with pytest.raises(UserError, match=r"config.json: not a timm config") as caught:
        load_pretrained(hub_folder)
    assert "\n" not in str(caught.value)
