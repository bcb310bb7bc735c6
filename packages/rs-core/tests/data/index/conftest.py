"""Shards, lists and refusals for the tests of the index."""

import io
import os
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

WriteTar = Callable[..., Path]


def tar_bytes(members, tar_format=tarfile.PAX_FORMAT) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tar_format) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture(scope="session")
def make_tar():
    """Give the bytes of a tar with members, pairs of name and content, as Python's tarfile writes it."""
    return tar_bytes


@pytest.fixture
def write_tar(tmp_path) -> WriteTar:
    """Write members into a tar of the test's folder."""

    def write(name, members, tar_format=tarfile.PAX_FORMAT) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tar_bytes(members, tar_format))
        return path

    return write


@pytest.fixture
def image_folder(tmp_path) -> Path:
    """A folder of three classes with a few files each, last changed a while ago."""
    root = tmp_path / "photos"
    for name, num in (("cat", 2), ("dog", 3), ("owl", 1)):
        for i in range(num):
            path = root / name / ("more" if i == 2 else "") / f"{i}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{name} {i}".encode())
    settle(root)
    return root


def settle(root: Path) -> None:
    """Set the times of folders back, as if they had been left alone for an hour."""
    then = time.time() - 3600
    for folder, _, _ in os.walk(root):
        os.utime(folder, (then, then))


@pytest.fixture(scope="session")
def settled():
    """Set the times of folders below a root back, as if they had been left alone for an hour."""
    return settle
