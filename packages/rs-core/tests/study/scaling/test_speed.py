"""Speeds of training steps."""

import json

import pytest
import torch

from rs_core.study.scaling import speed
from rs_core.study.scaling.config import ScalingConfig
from rs_core.study.scaling.grid import Network
from rs_core.study.scaling.speed import Speeds, images_per_second, threads
from rs_core.train.precision import resolve_machine

MODEL = ScalingConfig().base_recipe.model
NETWORKS = [Network(16, 14, width) for width in (0.125, 0.25, 0.5)]
CPU = resolve_machine("cpu", "float32")


@pytest.fixture
def steps(monkeypatch):
    """Steps that are not taken: a hundred images a second, and how often each network was measured."""
    taken = []

    def step(model, images, augment, **options):
        taken.append(model.width_multiplier)
        return 100.0

    monkeypatch.setattr(speed, "measure_step", step)
    return taken


def open_speeds(path=None, batch_size=4):
    return Speeds(NETWORKS, MODEL, CPU, batch_size=batch_size, num_threads=1, path=path)


def test_a_network_that_is_not_measured_makes_as_many_flops_a_second_as_the_nearest_one(steps):
    speeds = open_speeds()
    speeds.measure(NETWORKS[:1])
    ratio = speeds.flops[NETWORKS[0]] / speeds.flops[NETWORKS[2]]
    assert speeds.images_per_second(NETWORKS[2]) == pytest.approx(100 * ratio)
    assert speeds.step_milliseconds(NETWORKS[2]) is None
    assert speeds.step_milliseconds(NETWORKS[0]) == pytest.approx(40.0)


def test_measuring_ends_when_its_time_is_over_but_never_before_the_first(steps):
    open_speeds().measure(NETWORKS, seconds=0.0)
    assert steps == [0.125]


def test_what_was_measured_is_remembered(steps, tmp_path):
    path = tmp_path / "speeds.json"
    open_speeds(path).measure(NETWORKS[:2])
    open_speeds(path).measure(NETWORKS)
    assert steps == [0.125, 0.25, 0.5]
    assert json.loads(path.read_text())["batch_size"] == 4


def test_other_steps_are_measured_anew(steps, tmp_path):
    path = tmp_path / "speeds.json"
    open_speeds(path).measure(NETWORKS[:1])
    open_speeds(path, batch_size=8).measure(NETWORKS[:1])
    assert steps == [0.125, 0.125]


def test_a_damaged_memory_is_named(tmp_path, refusal):
    path = tmp_path / "speeds.json"
    path.write_text("{}")
    assert refusal(open_speeds, path) == f"{path}: not readable; delete it, and it is measured again"


def test_a_batch_that_does_not_fit_is_halved(monkeypatch, refusal):
    tried = []

    def step(model, images, augment, **options):
        tried.append(len(images))
        if len(images) > 2:
            raise torch.OutOfMemoryError
        return 5.0

    monkeypatch.setattr(speed, "measure_step", step)
    assert images_per_second(MODEL, 16, 16, CPU) == 5.0
    assert tried == [16, 8, 4, 2]


def test_a_device_without_room_for_an_image_is_refused(monkeypatch, refusal):
    def step(*arguments, **options):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(speed, "measure_step", step)
    assert "one image of 16 px does not fit" in refusal(images_per_second, MODEL, 16, 16, CPU)


def test_a_real_step_leaves_the_number_of_threads_as_it_was(monkeypatch):
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    before = torch.get_num_threads()
    speeds = open_speeds()
    speeds.measure(NETWORKS[:1])
    assert speeds.measured[NETWORKS[0]] > 0
    assert torch.get_num_threads() == before


def test_threads_are_given_back_after_a_failure_too():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise KeyError
    assert torch.get_num_threads() == before
