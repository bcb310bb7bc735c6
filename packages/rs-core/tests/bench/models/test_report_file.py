"""Reports as JSON."""

import json

import pytest

from rs_core.bench.models.report_file import as_dict, read_report


@pytest.fixture
def write(tmp_path):
    def write(values):
        path = tmp_path / "bench.json"
        path.write_text(values if isinstance(values, str) else json.dumps(values))
        return path

    return write


def test_a_report_comes_back_from_json_as_it_was(report, write):
    assert read_report(write(as_dict(report))) == report


def test_lines_are_flat_and_hold_what_follows_from_other_figures(report):
    line = as_dict(report)["lines"][0]
    assert line["row"] == "resnet_rs_101@160"
    assert (line["mode"], line["precision"], line["status"]) == ("training", "float32", "measured")
    assert line["images_per_second"] == pytest.approx(20)
    assert line["relative_half_width"] == pytest.approx(0.02)


def test_rows_bring_published_figures_along(report):
    row = as_dict(report)["rows"][0]
    assert (row["published"]["v100_seconds"], row["published"]["top1"], row["macs"]) == (0.48, 80.3, 2_278_629_376)


def test_rows_of_efficientnet_rs_bring_the_magnitude_of_their_training(make_report):
    (row,) = as_dict(make_report({"efficientnet_rs_b4@256": 0.1}))["rows"]
    assert (row["randaugment_magnitude"], row["top1_source"]) == (15, "read off figure 5")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ("{", "not JSON"),
        ({}, "not printed by rs-core bench"),
        ([], "not printed by rs-core bench"),
        ({"format": "rs-core bench 1"}, "damaged (KeyError: 'rows'); measure again"),
        ({"format": "rs-core bench 1", "rows": [{"row": "nothing@3"}]}, "no model 'nothing'"),
    ],
)
def test_another_file_is_refused_in_one_line(write, refusal, values, complaint):
    assert complaint in refusal(read_report, write(values))


def test_a_file_that_is_not_there_is_named(tmp_path, refusal):
    assert refusal(read_report, tmp_path / "none.json").startswith(f"{tmp_path / 'none.json'}: no such file")
