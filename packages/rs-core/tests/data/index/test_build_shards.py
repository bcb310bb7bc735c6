"""An index of tar shards: every row leads to its bytes, and a second build reads only what is new."""

import os
import pickle
import tarfile

import numpy as np
import pytest

from rs_core.data.index import build_shards, open_index
from rs_core.data.index.build import BuildConfig, Changes
from rs_core.data.index.build_shards import index_shards
from rs_core.errors import UserError


def shard(first, num, classes=3):
    members = []
    for row in range(first, first + num):
        members += [(f"{row:05}.jpg", b"image %d" % row * (row + 1)), (f"{row:05}.cls", b"%d" % (row % classes))]
    return members


@pytest.fixture
def build(tmp_path):
    """Build the index of shards, and give the report and the index."""

    def run(*paths, **config):
        report = index_shards([str(path) for path in paths], tmp_path / "index", BuildConfig(**config))
        return report, open_index(tmp_path / "index")

    return run


@pytest.fixture
def scanned(monkeypatch):
    """Record the shards that are scanned."""
    seen = []
    scan = build_shards.scan_shard

    def record(path, **options):
        seen.append(os.path.basename(path))  # noqa: PTH119
        return scan(path, **options)

    monkeypatch.setattr(build_shards, "scan_shard", record)
    return seen


def test_every_row_leads_to_its_bytes_label_and_name(build, write_tar):
    paths = [write_tar(f"s-{i}.tar", shard(10 * i, 10)) for i in range(3)]
    _, index = build(*paths)
    assert len(index) == 30
    assert index.class_names == ("0", "1", "2")
    assert index.labels.tolist() == [row % 3 for row in range(30)]
    assert index.labels.dtype == np.int64
    for row in (0, 9, 10, 29):
        assert index.read(row) == b"image %d" % row * (row + 1)
        assert index.name(row) == f"{paths[row // 10]}: {row:05}.jpg"


def test_two_processes_build_what_one_builds(build, write_tar):
    paths = [write_tar(f"s-{i}.tar", shard(5 * i, 5)) for i in range(4)]
    _, one = build(*paths)
    labels, names = one.labels.tolist(), [one.name(row) for row in range(20)]
    report, two = build(*paths, num_workers=2, rescan=True)
    assert report.written
    assert two.labels.tolist() == labels
    assert [two.name(row) for row in range(20)] == names


def test_only_new_and_changed_shards_are_scanned(build, write_tar, scanned):
    first, second = write_tar("a.tar", shard(0, 4)), write_tar("b.tar", shard(4, 4))
    build(first, second)
    scanned.clear()
    write_tar("b.tar", shard(4, 6))
    report, index = build(first, second, write_tar("c.tar", shard(10, 2)))
    assert scanned == ["b.tar", "c.tar"]
    assert report.changes == Changes(unchanged=1, new=1, changed=1)
    assert [index.read(row) for row in range(12)] == [b"image %d" % row * (row + 1) for row in range(12)]


def test_an_index_of_nothing_new_is_left_as_it_is(build, write_tar, scanned, tmp_path):
    paths = write_tar("a.tar", shard(0, 4)), write_tar("b.tar", shard(4, 4))
    build(*paths)
    scanned.clear()
    before = (tmp_path / "index/index.json").stat().st_mtime_ns
    report, _ = build(*paths)
    assert (scanned, report.written, report.changes) == ([], False, Changes(unchanged=2))
    assert (tmp_path / "index/index.json").stat().st_mtime_ns == before


def test_a_shard_that_is_no_longer_named_is_removed(build, write_tar):
    first, second = write_tar("a.tar", shard(0, 4, classes=2)), write_tar("b.tar", shard(4, 4, classes=7))
    build(first, second)
    report, index = build(first)
    assert report.changes == Changes(unchanged=1, removed=1)
    assert (len(index), index.class_names) == (4, ("0", "1"))


def test_a_shard_that_changed_since_is_refused_by_name(build, write_tar):
    path = write_tar("a.tar", shard(0, 4))
    _, index = build(path)
    write_tar("a.tar", shard(0, 5))
    with pytest.raises(UserError, match=r"a\.tar: changed since it was indexed \(then 10,240 bytes") as caught:
        index.read(1)
    assert "\n" not in str(caught.value)


def test_an_index_reaches_a_worker_by_its_place_not_by_its_columns(build, write_tar):
    _, index = build(write_tar("a.tar", shard(0, 2000)))
    data = pickle.dumps(index)
    assert len(data) < 1000
    assert pickle.loads(data).read(7) == index.read(7)


def test_an_index_that_was_built_anew_is_not_taken_for_the_old_one(build, write_tar):
    _, index = build(write_tar("a.tar", shard(0, 4)))
    data = pickle.dumps(index)
    build(write_tar("a.tar", shard(0, 5)))
    with pytest.raises(UserError, match="was built anew while it was in use; start again"):
        pickle.loads(data)


@pytest.mark.parametrize("tar_format", [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_are_whole_in_messages(build, write_tar, tar_format):
    name = "/".join(["class-é" * 3] * 6) + "/picture.jpg"
    path = write_tar("a.tar", [("0/x.jpg", b"1"), (name, b"2")], tar_format)
    _, index = build(path)
    assert [index.name(row) for row in (0, 1)] == [f"{path}: 0/x.jpg", f"{path}: {name}"]
