"""Which checkpoint of a directory is meant."""

import pytest
import torch

from rs_core.errors import UserError
from rs_core.weights.files.directory import checkpoint_in


@pytest.fixture
def folder(tmp_path):
    """Make files by name: checkpoints of PyTorch, and TensorFlow's indexes, which are told by their names."""

    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            if name.endswith((".pt", ".safetensors")):
                torch.save({"a": torch.ones(1)}, tmp_path / name)
            else:
                (tmp_path / name).write_text("anything")
        return tmp_path

    return make


def test_the_only_checkpoint_is_taken_and_other_files_do_not_count(folder):
    here = folder("step_1.pt", "config.yaml", ".step_2.pt", "older/step_0.pt", "photo.jpg")
    assert checkpoint_in(here) == here / "step_1.pt"


def test_index_and_data_files_are_one_checkpoint(folder):
    here = folder("m.index", "m.data-00000-of-00002", "m.data-00001-of-00002", "m.meta")
    assert checkpoint_in(here) == here / "m"


def test_the_released_model_of_a_run_comes_before_its_other_files(folder):
    here = folder("model.safetensors", "a.pt", "b.pt")
    assert checkpoint_in(here) == here / "model.safetensors"


def test_no_checkpoint_is_said(folder):
    with pytest.raises(UserError, match="no checkpoint in it; give"):
        checkpoint_in(folder("config.yaml"))


def test_several_checkpoints_are_named(folder):
    with pytest.raises(UserError, match=r"3 checkpoints in it; give one of them: a.pt, m-1, m-2"):
        checkpoint_in(folder("m-1.index", "m-2.index", "a.pt"))


@pytest.mark.parametrize("named", ["m-1", "/home/someone/training/m-1", "./m-1"])
def test_tensorflows_state_file_decides_also_after_the_directory_was_moved(folder, named):
    here = folder("m-1.index", "m-2.index")
    (here / "checkpoint").write_text(f'model_checkpoint_path: "{named}"\nall_model_checkpoint_paths: "m-2"\n')
    assert checkpoint_in(here) == here / "m-1"


def test_a_latest_checkpoint_that_is_not_there_is_said_with_those_that_are(folder):
    here = folder("m-1.index", "m-2.index")
    (here / "checkpoint").write_text('model_checkpoint_path: "m-3"\n')
    with pytest.raises(UserError, match=r"checkpoint: names 'm-3' as the latest, which is not here; give .*: m-1, m-2"):
        checkpoint_in(here)
    for path in here.glob("*.index"):
        path.unlink()
    with pytest.raises(UserError, match=r"names 'm-3' as the latest, which is not here; copy its files beside it"):
        checkpoint_in(here)


def test_a_file_called_checkpoint_that_holds_weights_is_one(folder):
    here = folder("a.pt")
    (here / "a.pt").rename(here / "checkpoint")
    assert checkpoint_in(here) == here / "checkpoint"
