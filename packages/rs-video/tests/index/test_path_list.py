"""Lists of paths and labels."""

import pytest

from rs_video.index.path_list import list_paths


@pytest.fixture
def rows_of(tmp_path):
    def rows(text, *, with_labels=True):
        (tmp_path / "train.csv").write_bytes(text.encode() if isinstance(text, str) else text)
        listing = list_paths(tmp_path / "train.csv", tmp_path, with_labels=with_labels)
        return [(row.file, row.label) for row in listing.rows]

    return rows


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("a.mp4 3", ("a.mp4", 3)),
        ("a.mp4,3", ("a.mp4", 3)),
        ("a.mp4\t3\r", ("a.mp4", 3)),
        ("/data/a b/c,d.mp4 3", ("/data/a b/c,d.mp4", 3)),
        ("x/a.webm,air drumming", ("x/a.webm", "air drumming")),
        ('"a, b.mp4","air drumming"', ("a, b.mp4", "air drumming")),
        ("a.ts.MP4 7", ("a.ts.MP4", 7)),
    ],
)
def test_a_line_is_a_path_and_a_label(rows_of, line, row):
    assert rows_of(f"{line}\n") == [row]


def test_a_header_and_empty_lines_are_passed_over(rows_of):
    assert rows_of("path,label\n\na.mp4,0\n\n") == [("a.mp4", 0)]


def test_rows_keep_their_order(rows_of):
    assert rows_of("b.mp4 1\na.mp4 0\n") == [("b.mp4", 1), ("a.mp4", 0)]


def test_a_path_that_is_there_twice_counts_once_unless_labels_differ(rows_of, refusal):
    assert rows_of("a.mp4 1\na.mp4 1\n") == [("a.mp4", 1)]
    assert "row 2: a.mp4 has the label 2, and 1 in" in refusal(rows_of, "a.mp4 1\na.mp4 2\n")


def test_lines_without_a_video_or_label_are_refused(rows_of, refusal):
    assert "row 2: 'b.jpg 1' names no video" in refusal(rows_of, "a.mp4 1\nb.jpg 1\n")
    message = refusal(rows_of, "a.mp4 1\nb.mp4\nc.mp4\n")
    assert "row 2: b.mp4 has no label (2 such rows)" in message
    assert "names no videos" in refusal(rows_of, "path,label\n")
    assert "not a CSV in UTF-8" in refusal(rows_of, b"\xff\xfe\x00")
    assert rows_of("a.mp4\nb.mp4 3\n", with_labels=False) == [("a.mp4", None), ("b.mp4", None)]
