"""What is known of files survives kills, and holds for one state of a file."""

import pytest

from rs_core.data.index.storage import FileState
from rs_video.index.journal import Journal

HEADER = {"format": "test", "version": 1}
STATE = FileState(size=3, mtime_ns=5)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


def test_entries_are_found_again_for_the_same_state_only(path):
    with Journal(path, HEADER) as journal:
        journal.note("ä.mp4", STATE, {"frames": 7})
    again = Journal(path, HEADER)
    assert again.known("ä.mp4", STATE)["frames"] == 7
    assert again.known("ä.mp4", FileState(size=3, mtime_ns=6)) is None
    assert again.known("b.mp4", STATE) is None


def test_an_entry_can_be_read_before_the_journal_is_closed(path):
    with Journal(path, HEADER) as journal:
        journal.note("a.mp4", STATE, {})
        assert list(Journal(path, HEADER).entries) == ["a.mp4"]


@pytest.mark.parametrize("end", ['{"file": "c.m', '{"file": "c.mp4", "size": 1, "mtime_ns": 1}', "\x00\x00"])
def test_a_last_line_that_was_cut_off_is_forgotten_and_does_not_spoil_the_next(path, end):
    with Journal(path, HEADER) as journal:
        journal.note("a.mp4", STATE, {})
    with path.open("a") as stream:
        stream.write(end)
    with Journal(path, HEADER) as journal:
        assert list(journal.entries) == ["a.mp4"]
        journal.note("b.mp4", STATE, {})
    assert list(Journal(path, HEADER).entries) == ["a.mp4", "b.mp4"]


def test_a_journal_of_another_meaning_is_begun_anew(path):
    with Journal(path, HEADER) as journal:
        journal.note("a.mp4", STATE, {})
    with Journal(path, HEADER | {"version": 2}) as journal:
        assert not journal.entries
        journal.note("b.mp4", STATE, {})
    assert not Journal(path, HEADER).entries


def test_files_can_be_forgotten(path):
    with Journal(path, HEADER) as journal:
        for name in "abc":
            journal.note(name, STATE, {})
    journal.keep({"b"})
    assert list(Journal(path, HEADER).entries) == ["b"]


def test_nothing_is_written_without_an_entry(path):
    with Journal(path, HEADER):
        pass
    assert not path.exists()
