"""``rs-core convert`` writes what it read as one file, and says what that was."""

import dataclasses

import pytest
import timm
import torch

from rs_core import create_model, load_pretrained
from rs_core.weights import from_timm
from rs_core.weights.release import save_model


@pytest.fixture
def timm_file(tmp_path):
    torch.save(timm.create_model("resnet18", num_classes=4).state_dict(), tmp_path / "theirs.pth")
    return "theirs.pth"


def test_what_was_read_is_reported_and_written(command, timm_file, tmp_path):
    out = command("convert", timm_file, "ours.safetensors").out
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["source"] == timm_file
    assert lines["layout"] == "timm"
    assert lines["network"] == "resnet_18 with num_classes=4"
    assert lines["size"] == "11,178,564 parameters, 4 classes"
    assert lines["written"].startswith("ours.safetensors (44.")
    theirs, ours = load_pretrained(tmp_path / timm_file), load_pretrained(tmp_path / "ours.safetensors")
    assert ours.origin == theirs.origin
    assert ours.preprocessing == theirs.preprocessing
    assert all(torch.equal(ours.model.state_dict()[k], v) for k, v in theirs.model.state_dict().items())


def test_a_converted_file_can_be_converted_to_timms_names(command, timm_file, tmp_path):
    command("convert", timm_file, "ours.safetensors", "--resolution", "128")
    command("convert", "ours.safetensors", "again.safetensors", "--naming", "timm")
    again = load_pretrained(tmp_path / "again.safetensors")
    assert again.preprocessing.resolution == 128
    assert again.origin.source == timm_file


def test_a_file_that_exists_is_kept(command, refused, timm_file, tmp_path):
    (tmp_path / "ours.safetensors").write_text("mine")
    assert "exists already" in refused("convert", timm_file, "ours.safetensors")
    assert (tmp_path / "ours.safetensors").read_text() == "mine"
    command("convert", timm_file, "ours.safetensors", "--force")
    assert load_pretrained(tmp_path / "ours.safetensors").origin.layout == "timm"


def test_mistakes_are_one_line_and_leave_nothing(refused, timm_file, tmp_path):
    assert "ends with .safetensors" in refused("convert", timm_file, "ours.pth")
    assert "no such file" in refused("convert", "nowhere", "ours.safetensors")
    assert "invalid choice: 'tf3'" in refused("convert", timm_file, "ours.safetensors", "--layout", "tf3")
    assert "not the names of layout tf1" in refused("convert", timm_file, "ours.safetensors", "--layout", "tf1")
    assert sorted(path.name for path in tmp_path.iterdir()) == [timm_file]


def test_timms_names_are_refused_for_a_network_that_timm_would_build_otherwise(refused, timm_file, tmp_path):
    state = torch.load(tmp_path / timm_file)
    model = create_model("resnet_18", num_classes=4, padding="same")
    model.load_state_dict(from_timm(state, model))
    pretrained = load_pretrained(tmp_path / timm_file)
    save_model(dataclasses.replace(pretrained, model=model.eval()), tmp_path / "same.safetensors")
    assert "timm cannot build this network" in refused(
        "convert", "same.safetensors", "x.safetensors", "--naming", "timm"
    )
    assert not (tmp_path / "x.safetensors").exists()
