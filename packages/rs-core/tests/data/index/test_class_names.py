"""Class names in a text file."""

import pytest

from rs_core.data.index.class_names import read_class_names


def test_names_stand_one_a_line(tmp_path):
    (tmp_path / "c.txt").write_text("\ufefftench, a fish\r\n goldfish \n\n", encoding="utf-8")
    assert read_class_names(tmp_path / "c.txt") == ("tench, a fish", "goldfish")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\n\nb", "line 2: empty"),
        (b"a\nb\na", "line 3: 'a' is already in line 1"),
        (b"\xff", "not a text"),
        (b"", "line 1: empty"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path, refusal, content, message):
    (tmp_path / "c.txt").write_bytes(content)
    assert message in refusal(read_class_names, tmp_path / "c.txt")
    assert "cannot be read" in refusal(read_class_names, tmp_path / "no.txt")
