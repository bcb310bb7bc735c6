"""A released model is one file that says all about itself."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from rs_core import UserError, create_model, load_model
from rs_core.data.preprocessing import Preprocessing
from rs_core.train.release import ReleasedModel, save_model


@pytest.fixture(scope="module")
def released():
    torch.manual_seed(0)
    model = create_model("resnet_d_50", blocks=(1, 1, 1, 1), width_multiplier=0.25, num_classes=3, activation="silu")
    return ReleasedModel(
        model=model.eval().to(memory_format=torch.channels_last),
        preprocessing=Preprocessing(resolution=96, crop_rule="tf2"),
        class_names=("cat", "dog", "naïve café"),
        recipe="mine",
    )


def test_a_model_comes_back_with_preprocessing_and_names(released, tmp_path):
    save_model(released, tmp_path / "model.safetensors")
    for path in (tmp_path, tmp_path / "model.safetensors"):
        loaded = load_model(path)
        assert loaded.preprocessing == released.preprocessing
        assert loaded.class_names == released.class_names
        assert loaded.recipe == "mine"
        assert loaded.model.config == released.model.config
        assert not loaded.model.training
        x = torch.randn(2, 3, 96, 96)
        with torch.no_grad():
            torch.testing.assert_close(loaded.model(x), released.model(x))


def test_any_reader_of_safetensors_sees_the_weights(released, tmp_path):
    save_model(released, tmp_path / "model.safetensors")
    weights = load_file(tmp_path / "model.safetensors")
    assert weights.keys() == released.model.state_dict().keys()


def test_files_that_are_not_ours_are_named(released, tmp_path):
    save_model(released, tmp_path / "model.safetensors")
    content = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.safetensors").write_text("hello")
    save_file({"w": torch.zeros(2)}, tmp_path / "foreign.safetensors")
    other = json.dumps({"model": {}, "preprocessing": {}, "class_names": [], "recipe": ""})
    save_file({"w": torch.zeros(2)}, tmp_path / "odd.safetensors", {"rs_core": other})
    for name in ("cut.safetensors", "text.safetensors", "foreign.safetensors", "absent.safetensors"):
        with pytest.raises(UserError, match=name) as caught:
            load_model(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="blocks"):
        load_model(tmp_path / "odd.safetensors")


def test_weights_that_do_not_fit_their_description_are_refused(released, tmp_path):
    save_model(released, tmp_path / "model.safetensors")
    weights = load_file(tmp_path / "model.safetensors")
    about = {
        "recipe": "mine",
        "model": {"blocks": [1, 1, 1, 1], "num_classes": 3},
        "preprocessing": {"resolution": 96},
        "class_names": ["a", "b", "c"],
    }
    save_file(weights, tmp_path / "wrong.safetensors", {"rs_core": json.dumps(about)})
    with pytest.raises(UserError, match=r"wrong.safetensors do not fit this model"):
        load_model(tmp_path / "wrong.safetensors")
