"""The study on digits: fair splits, every stage, an honest table."""

import numpy as np
import pytest

from rs_core.data.digits import index_digits
from rs_core.data.index import open_index
from rs_semisup.study import stages
from rs_semisup.study.digits import choose_labelled, write_digits
from rs_semisup.study.run import StudyConfig, run_study
from rs_semisup.study.table import StudyResult, table_lines
from rs_semisup.study.variants import BASELINE, STUDENTS


def names(path):
    index = open_index(path)
    return {index.name(row).rpartition("/")[2] for row in range(len(index))}


def test_a_few_digits_are_labelled_and_no_digit_is_in_two_sets(digits):
    labelled = open_index(digits.labelled)
    assert np.bincount(labelled.labels).tolist() == [4] * 10
    assert (open_index(digits.unlabelled).labels == -1).all()
    sets = [names(path) for path in (digits.labelled, digits.unlabelled, digits.held_out)]
    assert [len(each) for each in sets] == [40, 1398, 359]
    assert len(set.union(*sets)) == 1797


def test_labels_of_the_written_digits_are_those_of_the_table(digits):
    built_in = index_digits("train")
    label_of = {f"{built_in.name(row).replace(' ', '-')}.png": built_in.labels[row] for row in range(len(built_in))}
    labelled = open_index(digits.labelled)
    for row in range(len(labelled)):
        assert labelled.labels[row] == label_of[labelled.name(row).rpartition("/")[2]]


def test_each_seed_labels_others():
    labels = index_digits("train").labels
    chosen = [choose_labelled(labels, 4, seed) for seed in range(3)]
    assert len(np.intersect1d(chosen[0], chosen[1])) < 10
    assert np.array_equal(chosen[2], choose_labelled(labels, 4, 2))


def test_the_table_has_mean_spread_and_gain():
    result = StudyResult(top1={BASELINE: [80.0, 82.0], "noisy student": [90.0, 88.0]}, seconds=3.0)
    header, baseline, student = table_lines(result)
    assert header.split() == ["top-1", "in", "per", "cent", "mean", "spread", "gain", "seed", "0", "seed", "1"]
    assert baseline.split() == ["labelled", "only", "81.00", "1.41", "80.00", "82.00"]
    assert student.split() == ["noisy", "student", "89.00", "1.41", "+8.00", "90.00", "88.00"]


@pytest.mark.slow
def test_the_study_goes_through_every_stage(tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "NUM_STEPS", 8)
    said = []
    result = run_study(StudyConfig(out=str(tmp_path / "study"), seeds=1, threshold=0.0, device="cpu"), said.append)
    assert list(result.top1) == [BASELINE, *(student.name for student in STUDENTS)]
    assert all(len(values) == 1 and 0 <= values[0] <= 100 for values in result.top1.values())
    assert "noisy student, soft labels" in (tmp_path / "study/report.md").read_text()
    for folder in ("labelled-only", "student-without-noise", "noisy-student", "noisy-student-soft-labels"):
        assert (tmp_path / "study/seed0" / folder / "model.safetensors").is_file()


def test_a_written_set_is_the_same_every_time(tmp_path, digits):
    again = write_digits(tmp_path, labels_per_class=4, seed=0)
    assert names(again.labelled) == names(digits.labelled)
