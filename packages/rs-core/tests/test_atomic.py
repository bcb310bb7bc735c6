"""Files are whole or absent."""

import os
import subprocess
import sys

import pytest

from rs_core import UserError
from rs_core.atomic import write_atomically, write_text_atomically


def test_a_file_is_written_into_folders_that_are_made(tmp_path):
    write_text_atomically(tmp_path / "new/folder/x.txt", "äöü\n")
    assert (tmp_path / "new/folder/x.txt").read_bytes() == "äöü\n".encode()
    assert [path.name for path in (tmp_path / "new/folder").iterdir()] == ["x.txt"]


def test_a_writer_that_fails_leaves_the_old_file_and_no_rubbish(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")

    def fail_in_the_middle(file):
        file.write(b"ne")
        raise KeyError("bug")

    with pytest.raises(KeyError):
        write_atomically(path, fail_in_the_middle)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_line(tmp_path):
    (tmp_path / f".x.txt.{os.getpid()}.partial").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"cannot write .*x.txt: No space left on device; make room") as caught:
        write_text_atomically(tmp_path / "x.txt", "text")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_a_folder_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"Not a directory|File exists"):
        write_text_atomically(tmp_path / "file/x.txt", "text")


def test_two_processes_that_write_one_path_do_not_mix_their_bytes(tmp_path):
    path = tmp_path / "x.txt"
    other = f"from rs_core.atomic import *; write_text_atomically(Path({str(path)!r}), 'other')"

    def write_while_another_does(file):
        file.write(b"own ")
        subprocess.run([sys.executable, "-c", other], check=True)
        assert path.read_text() == "other"
        file.write(b"whole")

    write_atomically(path, write_while_another_does)
    assert path.read_text() == "own whole"
    assert list(tmp_path.iterdir()) == [path]
