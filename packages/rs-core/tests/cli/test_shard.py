"""``rs-core shard``: a data set as tar shards."""

import os
import signal
import subprocess
import sys
import time

from rs_core.data.index import open_index


def test_a_folder_becomes_shards_and_a_second_call_finds_them(command, photos, tmp_path):
    outcome = command("shard", photos / "train", "out", "--samples_per_shard", "20", "--workers", "1")
    assert outcome.err == ""
    assert outcome.out.splitlines() == [
        "samples   32",
        "shards    2 written (0.1 MB) in out",
        "next      rs-core index out/samples.csv --out INDEX",
    ]
    again = command("shard", photos / "train", "out", "--samples_per_shard", "20", "--workers", "1")
    assert "0 written, 2 were there" in again.out
    assert sorted(path.name for path in (tmp_path / "out").glob("*.tar")) == ["train-0000.tar", "train-0001.tar"]


def test_shards_can_be_cut_anew(command, photos, tmp_path):
    command("shard", photos / "train", "first", "--workers", "1")
    command("index", "first/samples.csv", "--out", "ix")
    command("shard", "ix", "second", "--short_side", "16", "--name", "small", "--workers", "1")
    command("index", "second", "--out", "ix2", "--workers", "1")
    index = open_index(tmp_path / "ix2")
    assert len(index) == 32
    assert index.class_names == ("blue", "red")
    assert index.name(0).startswith(f"{tmp_path}/second/small-0000.tar: ")


def test_images_that_cannot_be_decoded_are_told(command, photos):
    (photos / "train/red/x.jpg").write_bytes(b"no image")
    out = command("shard", photos / "train", "out", "--short_side", "16", "--workers", "1").out
    assert f"note      {photos}/train/red/x.jpg: cannot be decoded, stored as it is" in out


def test_mistakes_are_one_line_and_leave_nothing(refused, photos, tmp_path):
    assert "nowhere: no such folder" in refused("shard", "nowhere", "out")
    assert "photos/train/out: lies in the folder" in refused("shard", photos / "train", photos / "train/out")
    assert "--quality 99" in refused("shard", photos / "train", "out", "--quality", "99")
    assert "no class folders" in refused("shard", photos / "train/red", "out")
    assert not (tmp_path / "out").exists()


def test_an_interrupted_shard_command_goes_on_where_it_stopped(photos, command, tmp_path):
    arguments = ["shard", photos / "train", "out", "--samples_per_shard", "2", "--short_side", "8"]
    program = [sys.executable, "-m", "rs_core", *map(str, arguments), "--workers", "2"]
    with subprocess.Popen(program, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True) as process:
        while not list((tmp_path / "out").glob("*.tar")):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.stderr.read() in (b"rs-core: interrupted\n", b"")
    again = command(*arguments, "--workers", "1")
    assert (again.code, again.err) == (0, "")
    assert "samples   32" in again.out
    assert len(list((tmp_path / "out").iterdir())) == 16 + 5
