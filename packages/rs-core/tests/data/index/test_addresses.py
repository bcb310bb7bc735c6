"""What stands for a set of files."""

import fsspec
import pytest

from rs_core.data.index.addresses import expand


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    for name in ("b.tar", "a.tar", ".a.tar.1.partial", "samples.csv"):
        (tmp_path / "d" / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("x.tar", ["x.tar"]),
        ("t-{008..011}.tar", ["t-008.tar", "t-009.tar", "t-010.tar", "t-011.tar"]),
        ("{9..10}-{0..1}.tar", ["9-0.tar", "9-1.tar", "10-0.tar", "10-1.tar"]),
        ("s3://b/{0..1}.tar", ["s3://b/0.tar", "s3://b/1.tar"]),
        ("d", ["d/a.tar", "d/b.tar"]),
        ("d/*.tar", ["d/a.tar", "d/b.tar"]),
        ("d/[b].tar", ["d/b.tar"]),
    ],
)
def test_a_text_stands_for_files(folder, text, paths):
    assert expand(text) == paths


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t-{3..1}.tar", "{3..1} counts down"),
        ("no-*.tar", "matches nothing"),
        ("x.tar.gz", "x.tar.gz: compressed"),
        ("x-{0..1}.tgz", "x-0.tgz: compressed"),
        (".", "no .tar in it"),
    ],
)
def test_what_stands_for_nothing_is_refused(folder, refusal, text, message):
    assert message in refusal(expand, text)


def test_remote_folders_and_patterns_are_expanded(tmp_path):
    root = f"memory://{tmp_path.name}"
    filesystem = fsspec.filesystem("memory")
    for name in ("b.tar", "a.tar", "x.csv"):
        filesystem.pipe_file(f"{root}/{name}", b"")
    assert expand(root) == expand(f"{root}/*.tar") == [f"{root}/a.tar", f"{root}/b.tar"]
    filesystem.rm(root, recursive=True)
