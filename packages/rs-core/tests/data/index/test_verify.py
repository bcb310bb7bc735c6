"""Verifying finds what has changed, in the index and in the files."""

import os

import pytest

from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_folder import index_image_folder
from rs_core.data.index.build_shards import index_shards
from rs_core.data.index.store import open_stored
from rs_core.data.index.verify import verify_index


@pytest.fixture
def shards(write_tar, tmp_path):
    paths = [write_tar(f"{i}.tar", [(f"{i}.jpg", b"x" * 1000)]) for i in range(3)]
    index_shards(list(map(str, paths)), tmp_path / "index", BuildConfig())
    return paths


def verify(tmp_path, workers=1):
    return verify_index(open_stored(tmp_path / "index"), workers)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_as_it_was_is_read_and_found_so(shards, tmp_path, workers):
    verdict = verify(tmp_path, workers)
    assert (verdict.problems, verdict.num_read, verdict.num_looked_at) == ([], 3, 0)
    assert verdict.num_bytes == 3 * 10_240


def test_every_shard_that_differs_is_named_with_what_to_do(shards, tmp_path):
    first, second, third = shards
    state = first.stat()
    first.write_bytes(first.read_bytes().replace(b"xxx", b"xyx", 1))
    os.utime(first, ns=(state.st_atime_ns, state.st_mtime_ns))
    second.unlink()
    os.utime(third, ns=(0, 0))
    assert [problem.partition(": ")[2] for problem in verify(tmp_path).problems] == [
        "its content is not what was indexed; copy it again, or index again",
        "cannot be read (no such file); check the path, or index again without it",
        "the same content, but another time (10,240 bytes of 1970-01-01 00:00:00.000000000); "
        "index again so that training takes it",
    ]


def test_a_column_with_a_flipped_bit_is_found(shards, tmp_path):
    (path,) = (tmp_path / "index").glob("columns-*/rows/offset.npy")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    (problem,) = verify(tmp_path).problems
    assert "damaged (rows/offset.npy is not as it was written)" in problem


def test_images_of_a_folder_are_looked_at_not_read(image_folder, tmp_path):
    index_image_folder(image_folder, tmp_path / "index", BuildConfig())
    assert verify(tmp_path).num_looked_at == 6
    (image_folder / "cat/0.jpg").write_bytes(b"!")
    (problem,) = verify(tmp_path).problems
    assert "cat/0.jpg: changed since it was indexed" in problem
