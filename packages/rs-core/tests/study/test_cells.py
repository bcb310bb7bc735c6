"""Runs of a study: side by side, each once, in directories of their own."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from rs_core.errors import UserError
from rs_core.study.cells import Cell, run_cells
from rs_core.train.config import RunConfig
from rs_core.train.run import write_config


@dataclass(frozen=True, kw_only=True)
class Sum:
    """A run that adds two numbers; negative ones fail, and zeros stop it."""

    recipe: str = "sum"
    a: int
    b: int
    run: RunConfig


@pytest.fixture(autouse=True)
def forked(monkeypatch):
    """Let the processes of a study know this module, which they cannot import by its name."""
    monkeypatch.setattr("rs_core.study.cells.get_context", lambda _: multiprocessing.get_context("fork"))


def add(config: Sum) -> None:
    directory = Path(config.run.directory)
    directory.mkdir(parents=True, exist_ok=True)
    write_config(config, directory)
    print(f"adds {config.a} and {config.b}")
    with (directory / "times.txt").open("a") as times:
        times.write("run\n")
    if config.a < 0:
        raise UserError(f"a={config.a}: give a number of at least 0")
    if config.a:
        result = {"sum": config.a + config.b, "process": os.getpid(), "threads": torch.get_num_threads(), "word": "x"}
        (directory / "result.json").write_text(json.dumps(result))


def cells(folder, *pairs):
    configs = [Sum(a=a, b=b, run=RunConfig(directory=str(folder / f"{a}+{b}"))) for a, b in pairs]
    return [Cell(row=f"{config.a}", column=f"{config.b}", seed=0, config=config, job=add) for config in configs]


def test_every_cell_is_run_and_gives_its_numbers(tmp_path):
    found = {str(finished.cell): finished.figures for finished in run_cells(cells(tmp_path, (1, 2), (3, 4)), 2)}
    assert {name: figures["sum"] for name, figures in found.items()} == {"1, 2, seed 0": 3.0, "3, 4, seed 0": 7.0}
    assert all(set(figures) == {"sum", "process", "threads"} for figures in found.values())
    assert all(figures["process"] != os.getpid() for figures in found.values())


def test_what_a_run_prints_is_in_a_file_beside_it(tmp_path, capsys):
    list(run_cells(cells(tmp_path, (1, 2)), 1))
    assert (tmp_path / "1+2.txt").read_text() == "adds 1 and 2\n"
    assert capsys.readouterr() == ("", "")


def test_a_finished_cell_is_never_run_again(tmp_path):
    list(run_cells(cells(tmp_path, (1, 2)), 1))
    again = list(run_cells(cells(tmp_path, (1, 2), (3, 4)), 1))
    assert [finished.seconds > 0 for finished in again] == [False, True]
    assert (tmp_path / "1+2/times.txt").read_text() == "run\n"


def test_one_that_was_stopped_is_run_again(tmp_path):
    with pytest.raises(UserError, match=r"0, 5, seed 0: stopped before its end, see .*0\+5\.txt; the same"):
        list(run_cells(cells(tmp_path, (0, 5)), 1))
    with pytest.raises(UserError, match="stopped"):
        list(run_cells(cells(tmp_path, (0, 5)), 1))
    assert (tmp_path / "0+5/times.txt").read_text() == "run\nrun\n"


def test_a_failure_names_its_cell(tmp_path):
    with pytest.raises(UserError, match=r"^-1, 2, seed 0: a=-1: give a number of at least 0$"):
        list(run_cells(cells(tmp_path, (-1, 2)), 1))


def test_a_directory_with_a_run_of_other_settings_is_refused(tmp_path):
    (cell,) = cells(tmp_path, (1, 2))
    list(run_cells([cell], 1))
    other = replace(cell, config=replace(cell.config, b=7))
    with pytest.raises(UserError, match=r"holds a run of other settings \(b=7 instead of 2\); delete it"):
        list(run_cells([other], 1))


def test_a_damaged_result_is_named(tmp_path):
    (cell,) = cells(tmp_path, (1, 2))
    cell.directory.mkdir()
    (cell.directory / "result.json").write_text("{")
    with pytest.raises(UserError, match=r"result\.json: not readable .*; delete .*1.2 to run it again"):
        list(run_cells([cell], 1))


STARTS_A_WORKER = """
import os, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from rs_core.study.cells import prepare_process

if __name__ == "__main__":
    with ProcessPoolExecutor(1, get_context("spawn"), prepare_process, (1,)) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 600)
        time.sleep(600)
"""


@pytest.mark.slow
def test_its_processes_end_with_it_even_when_it_is_killed(tmp_path):
    (tmp_path / "study.py").write_text(STARTS_A_WORKER)
    with subprocess.Popen([sys.executable, tmp_path / "study.py"], stdout=subprocess.PIPE, text=True) as study:
        worker = Path("/proc") / study.stdout.readline().strip()
        assert worker.is_dir()
        study.kill()
    deadline = time.monotonic() + 30
    while worker.is_dir() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not worker.is_dir()
