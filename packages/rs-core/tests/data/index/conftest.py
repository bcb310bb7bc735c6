"""Shards for the tests of the index, written by Python's tarfile."""

import io
import tarfile
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


@pytest.fixture
def write_tar(tmp_path) -> WriteTar:
    """Write members, pairs of name and content, into a tar of the test's folder."""

    def write(name, members, tar_format=tarfile.PAX_FORMAT) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tar_bytes(members, tar_format))
        return path

    return write
