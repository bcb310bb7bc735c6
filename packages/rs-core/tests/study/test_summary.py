"""Tables and pictures of means over seeds."""

import pytest
from PIL import Image

from rs_core.study.summary import Row, draw_rows, in_words, markdown_table, spread

ROWS = [
    Row(name="VOC detection", unit="AP, %", values={"random": [40.0, 44.0, 42.0], "supervised": [60.0, 61.0, 62.0]}),
    Row(name="depth", unit="δ < 1.25, %", values={"random": [70.0]}),
]


def test_the_spread_is_the_standard_deviation_of_a_sample():
    assert spread([40.0, 44.0, 42.0]) == pytest.approx(2.0)
    assert spread([5.0]) == 0.0


def test_one_value_stands_alone_and_none_is_a_hyphen():
    assert in_words([5.0]) == "5.00"
    assert in_words([4.0, 6.0]) == "5.00 ± 1.41"
    assert in_words([]) == "-"


def test_the_table_has_a_line_for_each_row_and_a_cell_for_each_column():
    assert markdown_table(ROWS, ["random", "supervised"]).split("\n")[2:] == [
        "| VOC detection | AP, % | 42.00 ± 2.00 | 61.00 ± 1.00 |",
        "| depth | δ < 1.25, % | 70.00 | - |",
    ]


def test_the_picture_grows_with_the_rows(tmp_path):
    for count in (1, 2):
        draw_rows(ROWS[:count], ["random", "supervised"], tmp_path / f"{count}.png", "two starts")
    sizes = [Image.open(tmp_path / f"{count}.png").size for count in (1, 2)]
    assert sizes[0][0] < sizes[1][0]
    assert sizes[0][1] == sizes[1][1]


def test_it_is_drawn_as_svg_too(tmp_path):
    draw_rows(ROWS, ["random", "supervised"], tmp_path / "both.svg", "two starts")
    assert "<svg" in (tmp_path / "both.svg").read_text()
