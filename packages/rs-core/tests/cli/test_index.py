"""``rs-core index``: make, show and check an index."""

import shutil
import sys

import numpy as np
import pytest

from rs_core.data.index import open_index
from rs_core.data.index.add_columns import add_columns


@pytest.fixture
def shards(command, photos):
    """Shards of the training images."""
    assert command("shard", photos / "train", "shards", "--samples_per_shard", "10", "--workers", "1").code == 0
    return "shards"


def lines(outcome):
    assert (outcome.code, outcome.err) == (0, "")
    return dict(line.split(maxsplit=1) for line in outcome.out.splitlines())


def test_a_folder_is_indexed_and_then_kept(command, photos, tmp_path):
    said = lines(command("index", photos / "train", "--out", "ix"))
    assert said["samples"] == f"32 in 32 files below {photos}/train"
    assert said["classes"] == "2: blue, red"
    assert said["files"] == "32 new"
    assert said["written"].startswith("ix (0.0")
    said = lines(command("index", photos / "train", "--out", "ix"))
    assert said["files"] == "32 unchanged"
    assert said["kept"].startswith("ix")
    assert len(open_index(tmp_path / "ix")) == 32


def test_a_sample_in_two_shards_is_named(command, refused, shards, tmp_path):
    command("index", shards, "--out", "ix", "--workers", "1")
    said = lines(command("index", "ix", "--check_duplicates", "--workers", "1"))
    assert said["different"] == "the keys of all 32 samples"
    shutil.copy("shards/train-0001.tar", "shards/train-0009.tar")
    command("index", "shards/*.tar", "--out", "ix", "--workers", "1")
    message = refused("index", "ix", "--check_duplicates", "--workers", "1")
    first, _, rest = message.partition(": has the key of ")
    assert first.startswith(f"{tmp_path}/shards/train-0009.tar: ")
    assert rest.startswith(f"{tmp_path}/shards/train-0001.tar: ")
    assert "; so have 10 samples in all that of an earlier one: remove them" in rest
    assert "give it alone, without --out" in refused("index", "shards/*.tar", "--out", "ix", "--check_duplicates")


def test_added_columns_are_lost_only_if_that_is_said(command, refused, photos, tmp_path):
    command("index", photos / "train", "--out", "ix")
    add_columns(tmp_path / "ix", {"weight": np.ones(32)})
    next((photos / "train/red").iterdir()).unlink()
    assert "leave them out with --drop_columns" in refused("index", photos / "train", "--out", "ix")
    said = lines(command("index", photos / "train", "--out", "ix", "--drop_columns"))
    assert said["files"] == "31 unchanged, 1 removed"


def test_shards_are_indexed_in_any_form_of_their_names(command, shards, tmp_path):
    for source in ("shards", "shards/*.tar", "shards/train-{0000..0003}.tar", "shards/samples.csv"):
        said = lines(command("index", source, "--out", "ix", "--workers", "1"))
        assert said["samples"] == f"32 in 4 files below {tmp_path}/shards", source
        assert said["classes"] == "2: blue, red"


def test_an_index_is_shown_checked_and_written_as_a_list(command, refused, shards, tmp_path):
    pytest.importorskip("pyarrow")
    command("index", shards, "--out", "ix", "--workers", "1")
    said = lines(command("index", "ix", "--verify", "--parquet", "ix.parquet", "--workers", "1"))
    assert said["samples"] == f"32 in 4 files below {tmp_path}/shards"
    assert said["first"].startswith(f"{tmp_path}/shards/train-0000.tar: ")
    assert said["written"].startswith("ix.parquet (0.0")
    assert said["verified"].endswith(" read, all as indexed")
    assert lines(command("index", "ix.parquet", "--out", "again"))["classes"] == "2: blue, red"
    assert "exists already" in refused("index", "ix", "--parquet", "ix.parquet")
    assert "ends with .parquet" in refused("index", "ix", "--parquet", "ix.csv")


def test_what_verifying_finds_is_told_line_by_line(command, shards, tmp_path):
    command("index", shards, "--out", "ix", "--workers", "1")
    (tmp_path / "shards/train-0002.tar").unlink()
    outcome = command("index", "ix", "--verify", "--workers", "1")
    assert outcome.code == 2
    assert f"{tmp_path}/shards/train-0002.tar: cannot be read (no such file)" in outcome.out
    assert outcome.err == "rs-core: ix: 1 problem; the lines above say what to do\n"


def test_classes_are_named_or_counted(command, refused, shards, tmp_path):
    arguments = ("index", shards, "--out", "ix", "--workers", "1")
    (tmp_path / "shards/classes.txt").unlink()
    (tmp_path / "names.txt").write_text("a\nb\n")
    for options, classes in (
        ((), "2: 0, 1"),
        (("--num_classes", "4"), "4: 0, 1, 2, …"),
        (("--class_names", "names.txt"), "2: a, b"),
        (("--unlabelled",), "none: no sample has a label"),
    ):
        assert lines(command(*arguments, *options))["classes"] == classes
    assert "label 1 is out of range" in refused(*arguments, "--num_classes", "1")


def test_mistakes_are_one_line(command, refused, shards, photos, tmp_path):
    shutil.copy(tmp_path / "shards/train-0000.tar", "x.tar.gz")
    for arguments, message in (
        (("nowhere",), "nowhere: not an index; to make one of it, say where: --out INDEX"),
        (("nowhere", "--out", "ix"), "nowhere: no such file or folder"),
        (("x.tar.gz", "--out", "ix"), "x.tar.gz: compressed"),
        (("shards/classes.txt", "--out", "ix"), "shards/classes.txt: no known data set"),
        (("shards", "shards/samples.csv", "--out", "ix"), "shards/samples.csv: not a shard as shards/train-0000.tar"),
        (("shards", "--out", "shards"), "shards: is no index, and holds classes.txt"),
        (("shards", "--out", "ix", "--root", "x"), "--root x: it is for lists"),
        (("shards", "--out", "ix", "--verify"), "give it alone, without --out"),
    ):
        assert message in refused("index", *arguments)
    assert not (tmp_path / "ix").exists()
    command("index", shards, "--out", "ix")
    assert "ix: is an index already" in refused("index", "ix", "--out", "other")


def test_lists_in_parquet_name_the_extra_that_brings_pyarrow(refused, monkeypatch, tmp_path):
    (tmp_path / "l.parquet").write_bytes(b"")
    monkeypatch.delitem(sys.modules, "rs_core.data.index.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert refused("index", "l.parquet", "--out", "ix") == (
        "rs-core index needs pyarrow, which is not installed: pip install 'rs-core[data]'"
    )
    assert not (tmp_path / "ix").exists()
