"""A chain of teachers and students: every stage once, whatever interrupts it."""

import dataclasses
import json
import os
import signal
from pathlib import Path

import pytest

from rs_core.errors import UserError
from rs_core.recipes import get_recipe
from rs_core.train.config import DataConfig, train_config
from rs_core.train.loop import Trainer
from rs_semisup.iterate.chain import Stopped, iterate
from rs_semisup.iterate.config import IterateConfig
from rs_semisup.label.config import LabelConfig
from rs_semisup.predictions.store import open_predictions


@pytest.fixture
def chain_config(joint_config, digits, tmp_path) -> IterateConfig:
    """Two runs of a few steps: a teacher from nothing and a student."""
    student = dataclasses.replace(joint_config, data=dataclasses.replace(joint_config.data, pseudo_index=""))
    small = dataclasses.replace(get_recipe("resnet_rs_50_i160_laptop"), resolution=16, batch_size=20, epochs=2.0)
    data = DataConfig(train_index=str(digits.labelled), val_index=str(digits.held_out), num_workers=0)
    return IterateConfig(
        out=str(tmp_path / "chain"),
        unlabelled=str(digits.unlabelled),
        teacher=train_config(small, data, student.run),
        students=(student,),
        label=LabelConfig(top_k=4, range_rows=512, batch_size=128, num_workers=0, device="cpu", precision="float32"),
        threshold=0.0,
        per_class=20,
        max_copies=2,
    )


def stamps(folder: Path) -> dict[str, int]:
    """When each file of the chain was written, but for the locks of labelling."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in ("claims", ".lock"))
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in files}


def figures(directory: Path) -> float:
    return json.loads((directory / "result.json").read_text())["val/loss"]


def test_each_student_is_the_next_teacher_and_nothing_is_done_twice(chain_config, tmp_path):
    chain, said = tmp_path / "chain", []
    (student,) = chain_config.students
    chain_config = dataclasses.replace(chain_config, students=(student, dataclasses.replace(student, epochs=0.4)))
    last = iterate(chain_config, said.append)
    assert last == chain / "2-student"
    stages = ["0-teacher", "1-predictions", "1-selected", "1-student", "2-predictions", "2-selected", "2-student"]
    assert sorted(path.name for path in chain.iterdir()) == [*stages, "chain.yaml"]
    teachers = [open_predictions(chain / f"{number}-predictions").manifest.teacher for number in (1, 2)]
    assert teachers == [str(chain / "0-teacher"), str(chain / "1-student")]
    assert json.loads((chain / "2-student/result.json").read_text())["steps"] == 4

    before = stamps(chain)
    assert iterate(chain_config, said.append) == last
    assert stamps(chain) == before

    with pytest.raises(UserError, match=r"a chain of other settings \(threshold=0\.5 instead of 0\.0\)"):
        iterate(dataclasses.replace(chain_config, threshold=0.5))


def test_a_chain_that_was_stopped_ends_as_one_that_was_not(chain_config, tmp_path, monkeypatch):
    whole = iterate(dataclasses.replace(chain_config, out=str(tmp_path / "whole")))
    take_step = Trainer.train_step

    def take_step_then_signal(trainer):
        take_step(trainer)
        if trainer.config.recipe.endswith("semisup_laptop") and trainer.state.step == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "train_step", take_step_then_signal)
        with pytest.raises(Stopped, match="1-student: stopped before its end; the same command goes on there"):
            iterate(chain_config)
    resumed = iterate(chain_config)
    assert figures(resumed) == figures(whole)


def test_a_chain_without_students_is_refused(chain_config):
    with pytest.raises(UserError, match="without students"):
        dataclasses.replace(chain_config, students=())


def test_near_duplicates_need_hashes(chain_config):
    with pytest.raises(UserError, match=r"needs label\.perceptual_hash"):
        dataclasses.replace(chain_config, max_hash_distance=3)
