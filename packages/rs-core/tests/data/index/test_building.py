"""A folder of an index holds the newest one, whatever happened to a build."""

import signal
import subprocess
import sys
import time

import pytest

from rs_core.data.index import open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_shards import index_shards
from rs_core.data.index.building import building, locked

SLOW_BUILD = """
import sys, time
from pathlib import Path
from rs_core.data.index import build_shards
from rs_core.data.index.build import BuildConfig
scan = build_shards.scan_shard
def slow(path, **options):
    print("scanning", flush=True)
    time.sleep(0 if path == sys.argv[2] else 60)
    return scan(path, **options)
build_shards.scan_shard = slow
build_shards.index_shards(sys.argv[2:], Path(sys.argv[1]), BuildConfig(rescan=True))
"""


@pytest.fixture
def shards(write_tar):
    return [str(write_tar(f"{i}.tar", [(f"{i}.jpg", b"x"), (f"{i}.cls", b"0")])) for i in range(2)]


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("existed", [False, True])
def test_a_killed_build_leaves_the_old_index_and_nothing_in_the_way(shards, tmp_path, existed):
    out = tmp_path / "index"
    if existed:
        index_shards(shards[:1], out, BuildConfig())
    with subprocess.Popen([sys.executable, "-c", SLOW_BUILD, out, *shards], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.readline()  # the first shard is in
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    assert len(list(out.glob("columns-*"))) == 1 + existed
    if existed:
        assert len(open_index(out)) == 1
    report = index_shards(shards, out, BuildConfig())
    assert report.changes.unchanged == existed
    assert len(open_index(out)) == 2
    assert names_in(out) == [".lock", report.description.data, "index.json"]


def test_a_failed_build_leaves_no_folder_or_the_old_index(shards, tmp_path, refusal, write_tar):
    bad = write_tar("bad.tar", [("a.txt", b"")])
    refusal(index_shards, [*shards, str(bad)], tmp_path / "new", BuildConfig())
    assert not (tmp_path / "new").exists()
    index_shards(shards, tmp_path / "old", BuildConfig())
    before = names_in(tmp_path / "old")
    refusal(index_shards, [*shards, str(bad)], tmp_path / "old", BuildConfig())
    assert names_in(tmp_path / "old") == before
    assert len(open_index(tmp_path / "old")) == 2


def test_two_builds_do_not_meet(tmp_path, refusal):
    def build():
        with building(tmp_path / "index"):
            pass

    with locked(tmp_path / "index"):
        assert "another process is writing there" in refusal(build)


def test_what_is_no_index_is_never_written_into_or_removed(shards, tmp_path, refusal):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("")
    message = refusal(index_shards, shards, tmp_path / "mine", BuildConfig())
    assert message == f"{tmp_path}/mine: is no index, and holds thesis.txt; give another folder for the index"
    assert "is a file" in refusal(index_shards, shards, tmp_path / "mine/thesis.txt", BuildConfig())
    index_shards(shards, tmp_path / "index", BuildConfig())
    (tmp_path / "index/notes").mkdir()
    index_shards(shards, tmp_path / "index", BuildConfig(rescan=True))
    assert (tmp_path / "index/notes").is_dir()


def test_a_damaged_index_is_replaced_when_all_is_scanned_again(shards, tmp_path, refusal):
    index_shards(shards, tmp_path / "index", BuildConfig())
    (tmp_path / "index/index.json").write_text("{")
    assert "index again with --rescan" in refusal(index_shards, shards, tmp_path / "index", BuildConfig())
    index_shards(shards, tmp_path / "index", BuildConfig(rescan=True))
    assert len(open_index(tmp_path / "index")) == 2
    assert len(list((tmp_path / "index").glob("columns-*"))) == 1
