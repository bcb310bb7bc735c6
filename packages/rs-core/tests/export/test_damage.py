import pytest

from rs_core.export.damage import first_line


@pytest.mark.parametrize(
    ("error", "line"),
    [(ValueError("one\ntwo"), "one"), (ValueError("one"), "one"), (AssertionError(), "AssertionError")],
)
def test_an_error_is_said_in_one_line(error, line):
    assert first_line(error) == line
