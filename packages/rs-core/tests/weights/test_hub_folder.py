"""A hub folder: what is written is read back, and what is not ours is left alone."""

import json

import pytest
import torch

from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import build_model, model_config
from rs_core.weights.hub_folder import save_hub_folder
from rs_core.weights.pretrained import load_pretrained
from rs_core.weights.release import Origin, PretrainedModel

IN_TIMM = {"width_multiplier": 0.125}
NOT_IN_TIMM = {"width_multiplier": 0.125, "padding": "same", "activation": "silu"}


def small(row="resnet_rs_50", *, source="", **overrides):
    torch.manual_seed(0)
    model = build_model(model_config(row, blocks=(1, 1, 1, 1), num_classes=3, **overrides)).eval()
    for name, tensor in model.state_dict().items():
        if name.endswith(("running_mean", "running_var")):
            torch.nn.init.uniform_(tensor, 0.5, 1.5)
    return PretrainedModel(
        model=model,
        preprocessing=Preprocessing(resolution=48, mean=(0.1, 0.2, 0.3), crop_rule="tf2", resize="tf2_bilinear"),
        class_names=("one", "two|2", "dreißig"),
        origin=Origin(layout="tf1", architecture=row, source=source, averaged=True, notes=("A note.",)),
    )


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("overrides", [IN_TIMM, NOT_IN_TIMM])
def test_rs_core_reads_back_exactly_what_it_wrote(overrides, tmp_path):
    pretrained = small(**overrides)
    assert save_hub_folder(pretrained, tmp_path / "hub") == tmp_path / "hub"
    assert names(tmp_path / "hub") == {"README.md", "config.json", "model.safetensors"}
    again = load_pretrained(tmp_path / "hub")
    assert again.model.config == pretrained.model.config
    assert not again.model.training
    ours, theirs = pretrained.model.state_dict(), again.model.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert (again.preprocessing, again.class_names) == (pretrained.preprocessing, pretrained.class_names)
    assert again.origin == pretrained.origin


def test_a_3d_network_is_read_back(tmp_path):
    pretrained = small("r3d_rs_50", width_multiplier=0.125)
    save_hub_folder(pretrained, tmp_path / "hub")
    again = load_pretrained(tmp_path / "hub")
    assert again.model.config == pretrained.model.config
    ours, theirs = pretrained.model.state_dict(), again.model.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_a_hub_folder_is_written_anew(tmp_path):
    save_hub_folder(small(**IN_TIMM), tmp_path)
    save_hub_folder(small(**NOT_IN_TIMM), tmp_path)
    assert "architecture" not in json.loads((tmp_path / "config.json").read_text())
    assert load_pretrained(tmp_path).model.config.padding == "same"


@pytest.mark.parametrize("content", ["", "{", "[]", "[1]", '{"architecture": "resnet50"}'])
def test_a_folder_of_something_else_is_left_as_it_was(content, tmp_path):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match=r"there is something else; name a new or empty folder"):
        save_hub_folder(small(**IN_TIMM), tmp_path)
    assert names(tmp_path) == {"config.json"}
    assert (tmp_path / "config.json").read_text() == content


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="there is something else"):
        save_hub_folder(small(**IN_TIMM), tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_nothing_is_written_where_the_run_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="not a finished run"):
        save_hub_folder(small(**IN_TIMM), tmp_path / "hub", tmp_path)
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize("source", ["resnet_rs_50.tf1-i160", "hf-hub:timm/resnetrs50.tf_in1k", ""])
def test_names_of_published_weights_are_kept(source, tmp_path):
    save_hub_folder(small(source=source, **IN_TIMM), tmp_path / "hub")
    assert load_pretrained(tmp_path / "hub").origin.source == source
