"""A model in one file says all about itself."""

import json

import pytest
import timm
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from rs_core import UserError, create_model, load_pretrained
from rs_core.data.preprocessing import Preprocessing
from rs_core.weights.release import Origin, PretrainedModel, save_model

NARROW = {"blocks": (1, 1, 1, 1), "width_multiplier": 0.25, "num_classes": 3}


def pretrained(name="resnet_d_50", **overrides):
    torch.manual_seed(0)
    return PretrainedModel(
        model=create_model(name, **NARROW | overrides).eval(),
        preprocessing=Preprocessing(resolution=96, crop_rule="tf2", resize="tf2_bilinear", class_offset=0),
        class_names=("cat", "dog", "naïve café"),
        origin=Origin(recipe="mine", source="run7", averaged=True, passed_over=("3 momentum",), notes=("a note",)),
        extras={"rs_video": {"clip": {"num_frames": 32}}},
    )


@pytest.mark.parametrize("network", ["resnet_d_50", "r3d_rs_50"])
def test_a_model_comes_back_as_it_was(tmp_path, network):
    saved = pretrained(network, activation="silu")
    saved.model.to(memory_format=torch.channels_last if network == "resnet_d_50" else torch.channels_last_3d)
    save_model(saved, tmp_path / "model.safetensors")
    for path in (tmp_path, tmp_path / "model.safetensors"):
        loaded = load_pretrained(path)
        assert loaded.preprocessing == saved.preprocessing
        assert loaded.class_names == saved.class_names
        assert loaded.origin == saved.origin
        assert loaded.extras == saved.extras
        assert loaded.model.config == saved.model.config
        assert not loaded.model.training
        assert all(torch.equal(loaded.model.state_dict()[k], v) for k, v in saved.model.state_dict().items())


def test_any_reader_of_safetensors_sees_the_weights(tmp_path):
    saved = pretrained()
    save_model(saved, tmp_path / "model.safetensors")
    assert load_file(tmp_path / "model.safetensors").keys() == saved.model.state_dict().keys()


def test_with_timms_names_both_timm_and_we_read_the_file(tmp_path):
    saved = pretrained("resnet_d_50", width_multiplier=1.0)
    save_model(saved, tmp_path / "model.safetensors", naming="timm")
    theirs = timm.models.resnet.ResNet(
        timm.models.resnet.Bottleneck, [1, 1, 1, 1], 3, stem_width=32, stem_type="deep", avg_down=True
    )
    theirs.load_state_dict(load_file(tmp_path / "model.safetensors"))
    ours = load_pretrained(tmp_path / "model.safetensors")
    assert ours.class_names == saved.class_names
    x = torch.randn(2, 3, 96, 96)
    with torch.no_grad():
        torch.testing.assert_close(ours.model(x), theirs.eval()(x), rtol=1e-4, atol=1e-5)


def test_the_input_size_may_be_changed(tmp_path):
    save_model(pretrained(), tmp_path / "model.safetensors")
    assert load_pretrained(tmp_path, resolution=128).preprocessing.resolution == 128


def test_files_that_are_not_ours_are_named(tmp_path):
    save_model(pretrained(), tmp_path / "model.safetensors")
    content = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.safetensors").write_text("hello")
    save_file({"w": torch.zeros(2)}, tmp_path / "foreign.safetensors")
    about = {
        "network": "resnet",
        "model": {},
        "preprocessing": {},
        "class_names": [],
        "origin": {},
        "naming": "rs_core",
    }
    save_file({"w": torch.zeros(2)}, tmp_path / "odd.safetensors", {"rs_core": json.dumps(about)})
    for name in ("cut.safetensors", "text.safetensors", "foreign.safetensors", "absent.safetensors"):
        with pytest.raises(UserError, match=name) as caught:
            load_pretrained(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="blocks"):
        load_pretrained(tmp_path / "odd.safetensors")


def test_a_file_from_before_photos_could_be_turned_upright_leaves_them_as_they_are(tmp_path):
    save_model(pretrained(), tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
        about = json.loads(file.metadata()["rs_core"])
    del about["preprocessing"]["apply_exif_orientation"]
    save_file(load_file(tmp_path / "model.safetensors"), tmp_path / "old.safetensors", {"rs_core": json.dumps(about)})
    assert load_pretrained(tmp_path / "old.safetensors").preprocessing == pretrained().preprocessing


def test_weights_that_do_not_fit_their_description_are_refused(tmp_path):
    save_model(pretrained(), tmp_path / "model.safetensors")
    weights = load_file(tmp_path / "model.safetensors")
    about = {
        "network": "resnet",
        "model": {"blocks": [1, 1, 1, 1], "num_classes": 3},
        "preprocessing": {"resolution": 96},
        "class_names": ["a", "b", "c"],
        "origin": {},
        "naming": "rs_core",
    }
    save_file(weights, tmp_path / "wrong.safetensors", {"rs_core": json.dumps(about)})
    with pytest.raises(UserError, match=r"wrong.safetensors do not fit this model"):
        load_pretrained(tmp_path / "wrong.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_names": ["a"]}, "1 class names for 3 classes"),
        ({"naming": "keras"}, "naming='keras'"),
        ({"network": "vit"}, "'vit'"),
        ({"model": {"blocks": [1, 1, 1, 1], "num_classes": 3, "width_multiplier": 20000.0}}, "misshapen"),
    ],
)
def test_a_description_that_was_tampered_with_is_one_line(tmp_path, change, message):
    save_model(pretrained(), tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", framework="pt") as file:
        about = json.loads(file.metadata()["rs_core"])
    weights = load_file(tmp_path / "model.safetensors")
    save_file(weights, tmp_path / "odd.safetensors", {"rs_core": json.dumps(about | change)})
    with pytest.raises(UserError, match=message) as caught:
        load_pretrained(tmp_path / "odd.safetensors")
    assert "\n" not in str(caught.value)


def test_a_description_without_end_is_one_line(tmp_path):
    save_file({"w": torch.zeros(1)}, tmp_path / "deep.safetensors", {"rs_core": "[" * 100_000})
    with pytest.raises(UserError, match=r"deep.safetensors: the description in it is damaged"):
        load_pretrained(tmp_path / "deep.safetensors")
