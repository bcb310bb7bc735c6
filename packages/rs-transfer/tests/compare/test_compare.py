"""Comparisons of starting points: what is run, what is not run again, and what comes out."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rs_core import create_model
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.study.cells import Finished
from rs_core.weights.published import find_published
from rs_core.weights.release import Origin, PretrainedModel, save_model
from rs_transfer.compare.config import CompareConfig
from rs_transfer.compare.run import compare, list_cells, num_jobs
from rs_transfer.compare.starts import STARTS
from rs_transfer.compare.tasks import TASKS
from rs_transfer.scenes import Scenes


@pytest.fixture
def weights(tmp_path) -> str:
    """A small network of three classes, as a file."""
    model = create_model("resnet_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, stem="small", num_classes=3).eval()
    preprocessing = Preprocessing(resolution=24)
    pretrained = PretrainedModel(model=model, preprocessing=preprocessing, class_names=tuple("abc"), origin=Origin())
    save_model(pretrained, tmp_path / "model.safetensors")
    return str(tmp_path / "model.safetensors")


@pytest.fixture
def config(weights, tmp_path) -> CompareConfig:
    return CompareConfig(out=str(tmp_path / "out"), starts=("random=", f"mine={weights}"), device="cpu")


def test_there_is_a_run_for_every_task_start_and_seed_in_a_directory_of_its_own(config, weights):
    cells = list_cells(config, config.named_starts, Scenes.below(Path("scenes")))
    assert len(cells) == 5 * 2 * 2
    assert len({cell.directory for cell in cells}) == len(cells)
    assert all(cell.directory == Path(config.out) / cell.row / cell.column / f"seed{cell.seed}" for cell in cells)
    assert {cell.column: cell.config.weights for cell in cells if cell.row != "cifar100"} == {
        "random": "",
        "mine": weights,
    }


def test_the_starts_of_a_seed_differ_in_nothing_but_weights_and_directory(config):
    one_task = replace(config, tasks=("voc_detection",), seeds=1)
    cells = list_cells(one_task, config.named_starts, Scenes.below(Path("scenes")))
    random, mine = (cell.config for cell in cells)
    assert replace(mine, weights="", run=random.run) == random


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tasks": ("voc",)}, "--tasks 'voc'.*choose from cifar100, voc_detection"),
        ({"tasks": ()}, "give a task and a seed at least"),
        ({"seeds": 0}, "give a task and a seed at least"),
        ({"starts": ("weights.pth",)}, "--starts 'weights.pth': give NAME=WEIGHTS, or one of random, supervised_50"),
        ({"starts": ("a/b=x",)}, "give NAME=WEIGHTS"),
        ({"starts": ("a=x", "a=y")}, "two starting points have one name"),
    ],
)
def test_impossible_settings_are_refused_in_one_line(settings, message):
    with pytest.raises(UserError, match=message) as refusal:
        CompareConfig(**settings)
    assert "\n" not in str(refusal.value)


def test_every_named_starting_point_is_published_and_of_the_network_that_it_names():
    for name, weights in STARTS.items():
        if weights:
            assert find_published(weights).architecture == f"resnet_{name.rpartition('_')[2]}"


def test_on_a_cpu_there_is_a_run_on_each_core(config, monkeypatch):
    monkeypatch.setattr("rs_transfer.compare.run.num_cores", lambda: 3)
    assert num_jobs(config) == 3
    assert num_jobs(replace(config, jobs=1)) == 1


def test_table_plot_and_values_have_every_cell(config, monkeypatch):
    def finish(cells, num_jobs):
        for cell in cells:
            value = 10.0 * (cell.column == "mine") + cell.seed
            yield Finished(cell, {TASKS[cell.row].figure: value}, 1.0)

    monkeypatch.setattr("rs_transfer.compare.run.run_cells", finish)
    monkeypatch.setattr("rs_transfer.compare.run.built_in_scenes", lambda *_: Scenes.below(Path("scenes")))
    said = []
    Path(config.out).mkdir()
    out = compare(config, said.append)
    assert "| VOC detection | AP at 0.5, % | 0.50 ± 0.71 | 10.50 ± 0.71 |" in (out / "report.md").read_text()
    values = json.loads((out / "result.json").read_text())["values"]
    assert values == {task: {"random": [0.0, 1.0], "mine": [10.0, 11.0]} for task in TASKS}
    assert (out / "comparison.png").stat().st_size > 10_000
    assert "<svg" in (out / "comparison.svg").read_text()
    assert "| depth | δ < 1.25, % | 0.50 ± 0.71 | 10.50 ± 0.71 |" in said


def test_a_mistake_on_the_command_line_is_one_line(refused):
    assert refused("compare", "--seed", "3").startswith("there is no setting --seed (did you mean '--seeds'")
    assert refused("compare", "--tasks", "[voc]").startswith("--tasks 'voc'")
