"""A ladder as one job: trained in other processes, interrupted, continued, and never run twice."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from rs_core.recipes.tricks import TRICKS
from rs_core.study.cells import Finished
from rs_core.study.ladder.rows import rows_to_train
from rs_core.study.ladder.run import list_cells, num_jobs, run_ladder
from rs_core.train.stage import train_stage

CUT = 1


def test_an_interrupted_study_goes_on_and_then_has_nothing_left_to_do(study, stop_after, tmp_path):
    study = replace(study, steps=("*cosine",))
    (cells,) = list_cells(study, rows_to_train(study))
    cut_short = cells[1]
    with pytest.MonkeyPatch.context() as patched:
        stop_after(CUT, patched)
        assert train_stage(cut_short.config) is None
    assert cut_short.figures() is None

    said = []
    out = run_ladder(study, said.append)
    assert f"resumed at step {CUT}" in cut_short.directory.with_suffix(".txt").read_text()
    rows = json.loads((out / "result.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["resnet_200", "resnet_200_cosine"]
    assert rows[1]["gains"] == [rows[1]["top1"][0] - rows[0]["top1"][0]]
    assert rows[1]["top1"] == [cut_short.figures()["val/top1"]]
    assert "published gain" in (out / "report.md").read_text()
    assert Image.open(out / "ladder.png").size[0] > 500
    assert "<svg" in (out / "ladder.svg").read_text()

    again = []
    run_ladder(study, again.append)
    assert [line for line in said if "finished before" in line] == []
    assert len([line for line in again if "finished before" in line]) == 2
    assert again[-1] == said[-1]


def test_a_folder_with_the_same_rows_in_other_settings_is_refused(study, refusal):
    study = replace(study, steps=("resnet_200",))
    ((cell,),) = list_cells(study, rows_to_train(study))
    train_stage(cell.config)
    message = refusal(run_ladder, replace(study, settings={**study.settings, "batch_size": 16}))
    assert "holds a run of other settings (batch_size=16 instead of 64" in message


def test_a_row_has_a_directory_for_each_seed_whichever_rows_are_kept(study):
    def directories(**options):
        changed = replace(study, seeds=2, **options)
        stages = list_cells(changed, rows_to_train(changed))
        return {(one.row, one.seed): one.config for cells in stages for one in cells}

    few, all_of_them = directories(), directories(steps=())
    assert len(few) == 3 * 2
    assert len(all_of_them) == 11 * 2
    assert all(all_of_them[key] == config for key, config in few.items())
    assert all(
        Path(config.run.directory) == Path(study.out) / row / f"seed{seed}" for (row, seed), config in few.items()
    )
    assert all(config.run.seed == seed for (_, seed), config in few.items())


def test_what_distils_waits_for_the_teacher(study):
    tricks = replace(study, ladder=TRICKS, steps=("*d_mixup", "*d_mixup_distillation"), seeds=2)
    first, second = list_cells(tricks, rows_to_train(tricks))
    assert first[0].row == TRICKS.teacher.recipe
    assert {cell.row for cell in first[1:]} == {"resnet_50_batch_256", "resnet_50_d_mixup"}
    assert [(cell.row, cell.seed) for cell in second] == [("resnet_50_d_mixup_distillation", seed) for seed in (0, 1)]


def test_no_teacher_is_trained_where_one_is_named_or_none_is_needed(study):
    tricks = replace(study, ladder=TRICKS, steps=("*d_distillation",), teacher="runs/mine")
    (cells,) = list_cells(tricks, rows_to_train(tricks))
    assert TRICKS.teacher.recipe not in {cell.row for cell in cells}
    (cells,) = list_cells(replace(tricks, teacher="", steps=("*warmup",)), rows_to_train(tricks))
    assert TRICKS.teacher.recipe not in {cell.row for cell in cells}


def test_the_page_has_the_top1_of_the_teacher(study, monkeypatch):
    def finish(cells, num_jobs):
        yield from (Finished(cell, {"val/top1": 80.0 + cell.seed}, 1.0) for cell in cells)

    monkeypatch.setattr("rs_core.study.ladder.run.run_cells", finish)
    Path(study.out).mkdir()
    out = run_ladder(replace(study, ladder=TRICKS, steps=("*d_distillation",), seeds=2), lambda _: None)
    assert "teacher that rows distil from has a top-1 of 80.00" in (out / "report.md").read_text()
    assert json.loads((out / "result.json").read_text())["teacher_top1"] == 80.0


def test_on_a_cpu_there_is_a_run_on_each_core(study, monkeypatch):
    monkeypatch.setattr("rs_core.study.ladder.run.num_cores", lambda: 3)
    rows = rows_to_train(study)
    assert num_jobs(replace(study, jobs=0), rows) == 3
    assert num_jobs(study, rows) == 2
