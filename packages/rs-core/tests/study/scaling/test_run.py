"""Studies from start to end: a real one on the digits, interrupted, and one with made-up errors."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from rs_core.study.cells import Cell, Finished
from rs_core.study.scaling import run as study
from rs_core.study.scaling import speed
from rs_core.study.scaling.config import ScalingConfig
from rs_core.study.scaling.run import study_scaling


@pytest.fixture(autouse=True)
def quick(fork_server, monkeypatch):
    """Processes that have imported torch already and compute on one core, and short measurements."""
    monkeypatch.setattr("rs_core.study.cells.num_cores", lambda: 1)
    monkeypatch.setattr("rs_core.study.cells.get_context", lambda _: fork_server)
    monkeypatch.setattr(speed, "SECONDS", 0.01)


@pytest.fixture
def config(tmp_path) -> ScalingConfig:
    """Four networks, a comparison and one more, a fifth of an epoch each."""
    return ScalingConfig(
        out=str(tmp_path / "study"),
        budget="5m",
        widths=(0.0625, 0.125),
        depths=(14, 26),
        resolutions=(16,),
        epochs=(0.2,),
        jobs=1,
        device="cpu",
        precision="float32",
    )


@pytest.fixture
def made_up(monkeypatch):
    """Runs that are not run but take five seconds; errors fall with depth and width. Gives what was run."""
    done: list[Cell] = []
    monkeypatch.setattr(study, "time", SimpleNamespace(monotonic=lambda: 5.0 * len(done)))

    def finish(cells, num_jobs):
        for cell in cells:
            model = cell.config.model
            top1 = 100 - 400 / (sum(model.blocks) ** 0.5 * 100 * model.width_multiplier) - cell.seed
            done.append(cell)
            figures = {"val/top1": top1, "seconds": 2.0}
            cell.directory.mkdir(parents=True)
            (cell.directory / "result.json").write_text(json.dumps(figures))
            yield Finished(cell, figures, 5.0)

    monkeypatch.setattr(study, "run_cells", finish)
    return done


def test_an_interrupted_study_goes_on_and_runs_nothing_twice(config, monkeypatch):
    def interrupted_after_one(cells, num_jobs, run_cells=study.run_cells):
        yield from run_cells(cells[:1], num_jobs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(study, "run_cells", interrupted_after_one)
        study_scaling(config, [].append)
    out = Path(config.out)
    before = {path: path.read_text() for path in out.glob("*/*/seed0/result.json")}
    assert before
    assert not (out / "report.md").exists()

    said = []
    assert study_scaling(config, said.append) == out
    results = {path: path.read_text() for path in out.glob("*/*/seed0/result.json")}
    assert len(results) == 4
    assert before.items() <= results.items()
    assert f"4 runs, {len(before)} finished before" in said[0]
    values = json.loads((out / "result.json").read_text())
    assert [(r["depth"], r["width"]) for r in values["results"]] == [
        (14, 0.0625),
        (14, 0.125),
        (26, 0.0625),
        (26, 0.125),
    ]
    assert all(0 < r["errors"][0] <= 100 and r["step_ms"] > 0 and r["flops"] > 0 for r in values["results"])
    assert values["left_out"] == []
    assert (out / "scaling.png").stat().st_size > 10_000
    assert "<svg" in (out / "scaling.svg").read_text()


def test_a_budget_too_small_for_a_comparison_says_what_it_takes(config, refusal, made_up):
    message = refusal(study_scaling, replace(config, budget="1s"), [].append)
    assert message.startswith("--budget 1s: the smallest comparison at 16 px, 0.2 epochs, three runs, takes about ")
    assert message.endswith("; give at least that, or smaller axes")
    assert made_up == []


def test_a_larger_budget_runs_what_was_left_out_and_nothing_again(config, made_up, monkeypatch):
    monkeypatch.setattr(speed, "measure_step", lambda *arguments, **options: 128.0)
    config = replace(config, resolutions=(16, 24), seeds=2)
    out = study_scaling(replace(config, budget="40s"), [].append)
    left_out = json.loads((out / "result.json").read_text())["left_out"]
    num_before = len(made_up)
    assert 3 <= num_before <= 40 / 5
    assert num_before + len(left_out) == 2 * 8
    assert f"{len(left_out)} runs did not fit a budget of 40s" in (out / "report.md").read_text()

    study_scaling(replace(config, budget="5m"), [].append)
    assert json.loads((out / "result.json").read_text())["left_out"] == []
    assert len(made_up) == len({cell.directory for cell in made_up}) == 2 * 8


def test_the_report_compares_fits_and_states_assumptions(config, made_up, monkeypatch):
    monkeypatch.setattr(speed, "measure_step", lambda *arguments, **options: 128.0)
    config = replace(config, depths=(14, 26, 50), widths=(0.125, 0.1875, 0.25), resolutions=(16, 24), seeds=2)
    said = []
    out = study_scaling(config, said.append)
    page = (out / "report.md").read_text()
    values = json.loads((out / "result.json").read_text())
    assert len(made_up) == 2 * 18
    assert {c["deeper"]["resolution"] for c in values["comparisons"]} == {16, 24}
    assert all(c["winner"] in ("depth", "width", "tie") for c in values["comparisons"])
    assert values["power_laws"][0]["epochs"] == 0.2
    for part in (
        "two pitfalls",
        "figure 3",
        "Assumed, as the paper's Table 12 is not known",
        "±",
        "Nothing: the whole",
    ):
        assert part in page
    for assumption in values["assumptions"]:
        assert assumption in page
    assert any(line.startswith("| epochs | px | deeper") for line in said)


def test_nothing_is_said_to_win_where_no_pair_is_of_equal_cost(config, made_up):
    out = study_scaling(replace(config, depths=(14,)), [].append)
    assert "No pair of networks of equal cost is finished" in (out / "report.md").read_text()


def test_data_that_are_not_there_are_refused_before_anything_is_written(config, refusal, tmp_path):
    elsewhere = replace(config, data=replace(config.data, root=str(tmp_path / "nowhere")), resolutions=(32,))
    assert "nowhere" in refusal(study_scaling, elsewhere, [].append)
    assert not Path(config.out).exists()
