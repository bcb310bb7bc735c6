"""``rs-core push``: where the model is, how to load it, and what is refused."""

import json
import shutil

import pytest
import torch

from rs_core.cli import push
from rs_core.data.preprocessing import Preprocessing
from rs_core.models import build_model, model_config
from rs_core.weights.pretrained import load_pretrained
from rs_core.weights.release import Origin, PretrainedModel, save_model


@pytest.fixture
def uploads(monkeypatch):
    """What would be pushed to the hub."""
    recorded = []

    def record(pretrained, repo_id, **options):
        recorded.append((pretrained, repo_id, options))
        return f"https://hub/{repo_id}"

    monkeypatch.setattr(push, "push_to_hub", record)
    return recorded


def test_a_run_becomes_a_folder_that_loads(command, digits_run):
    outcome = command("push", digits_run, "./out", "--license", "mit", "--dataset", "digits", "--dataset", "more")
    assert outcome.code == 0
    first, second, third = outcome.out.splitlines()
    assert (first, second) == ("./out", '  rs_core.load_pretrained("./out")')
    # The laptop recipe's stem for small images is none of timm's.
    assert third.startswith("  timm cannot build this network: stem 'small'")
    pushed, trained = load_pretrained("./out"), load_pretrained(digits_run)
    weights = trained.model.state_dict()
    assert all(torch.equal(tensor, weights[key]) for key, tensor in pushed.model.state_dict().items())
    assert pushed.class_names == trained.class_names


def test_the_card_has_the_figures_of_the_run(command, digits_run, tmp_path):
    command("push", digits_run, "./out")
    top1 = json.loads((digits_run / "result.json").read_text())["val/top1"]
    card = (tmp_path / "out/README.md").read_text()
    assert f"| top-1 | {top1:.2f} % |" in card
    assert "| data | digits |" in card
    command("push", digits_run / "model.safetensors", "./other")
    assert f"| top-1 | {top1:.2f} % |" in (tmp_path / "other/README.md").read_text()


def test_a_file_alone_is_pushed_without_figures(command, digits_run, tmp_path):
    shutil.copy(digits_run / "model.safetensors", tmp_path / "model.safetensors")
    assert command("push", "model.safetensors", "./out").code == 0
    assert "top-1" not in (tmp_path / "out/README.md").read_text()


def test_what_timm_can_build_is_printed_for_timm(command, tmp_path):
    timm = pytest.importorskip("timm")
    config = model_config("resnet_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=3)
    trained = PretrainedModel(
        model=build_model(config).eval(),
        preprocessing=Preprocessing(resolution=64),
        class_names=("a", "b", "c"),
        origin=Origin(),
    )
    save_model(trained, tmp_path / "trained.safetensors")
    lines = command("push", "trained.safetensors", "folder", "--folder").out.splitlines()
    assert lines[2] == '  timm.create_model("local-dir:folder", pretrained=True)'
    theirs = timm.create_model("local-dir:folder", pretrained=True).eval()
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(theirs(images), trained.model(images))


def test_user_and_name_are_pushed_to_the_hub(command, digits_run, uploads):
    outcome = command("push", digits_run, "me/digits", "--private", "--license", "mit")
    (pretrained, repo_id, options) = uploads[0]
    assert (repo_id, pretrained.class_names) == ("me/digits", tuple("0123456789"))
    assert options == {"private": True, "run": digits_run, "license": "mit", "datasets": []}
    lines = outcome.out.splitlines()
    assert lines[:2] == ["https://hub/me/digits", '  rs_core.load_pretrained("hf-hub:me/digits")']


def test_the_prefix_of_the_hub_is_understood(command, digits_run, uploads):
    assert command("push", digits_run, "hf-hub:me/digits").code == 0
    assert uploads[0][1] == "me/digits"


def test_a_run_that_is_not_finished_is_refused(refused, digits_run, tmp_path):
    shutil.copytree(digits_run, tmp_path / "run")
    (tmp_path / "run/model.safetensors").unlink()
    assert refused("push", "run", "./out").startswith("run: the run is not finished")
    assert not (tmp_path / "out").exists()


def test_a_destination_that_could_be_either_is_refused_before_anything_is_read(refused, uploads):
    assert refused("push", "nowhere", "digits") == "digits: give user/name for the hub, or ./digits for a folder"
    assert uploads == []


def test_a_folder_of_something_else_is_refused(refused, digits_run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").write_text("mine")
    message = refused("push", digits_run, "./mine")
    assert message.startswith("mine: there is something else; name a new or empty folder")


def test_the_run_itself_is_no_place_for_it(refused, digits_run):
    assert "there is something else" in refused("push", digits_run, digits_run)
