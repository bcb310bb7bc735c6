"""A ``config.json`` of timm beside the weights decides about the input."""

import json

import pytest
import timm
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


def write_config(folder, stated):
    (folder / "config.json").write_text(json.dumps({"architecture": "resnet18", "pretrained_cfg": stated}))


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
