"""``fetch_archive``: unpacked once, wholly or not at all, and nothing outside its folder."""

import io
import tarfile
from pathlib import Path
from random import Random

import pytest

from rs_core import UserError
from rs_core.weights.download import cached_path, fetch_archive

FILES = {"model.ckpt.index": b"index" * 100, "deep/model.ckpt.data-00000-of-00001": b"data" * 10_000}


def tar(files=FILES, **odd_member) -> bytes:
    """The bytes of a ``.tar.gz``; fields of ``odd_member`` make one more entry."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if odd_member:
            member = tarfile.TarInfo()
            for key, value in odd_member.items():
                setattr(member, key, value)
            archive.addfile(member)
    return target.getvalue()


@pytest.fixture
def url(server) -> str:
    """The address of the archive; the server's content is what a test sets."""
    server.content = tar()
    server.url = server.url.replace("model.h5", "net-i160.tar.gz")
    return server.url


def refusal(*arguments) -> str:
    """The one line that an archive is refused with."""
    with pytest.raises(UserError) as caught:
        fetch_archive(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_archive_is_unpacked_beside_itself_once(server, url, cache):
    folder = fetch_archive(url, cache)
    assert folder == cached_path(url, cache).with_name("net-i160")
    assert contents(folder) == FILES
    assert fetch_archive(url, cache) == folder
    assert server.ranges == [""]


def test_the_archive_may_be_deleted(server, url, cache):
    folder = fetch_archive(url, cache)
    cached_path(url, cache).unlink()
    assert fetch_archive(url, cache) == folder
    assert server.ranges == [""]


def test_checksums_of_the_archive_are_compared(server, url, cache):
    with pytest.raises(UserError, match=r"sha256 .* instead of 0000"):
        fetch_archive(url, cache, sha256="0000")
    assert fetch_archive(url, cache, sha256=server.sha256).is_dir()


def test_an_unpacked_file_of_another_size_is_found_on_the_second_use(server, url, cache):
    folder = fetch_archive(url, cache)
    (folder / "model.ckpt.index").write_bytes(b"short")
    line = refusal(url, cache)
    assert line == f"{folder}/model.ckpt.index has 5 bytes instead of 500; delete {folder} to unpack it again"


def test_deleting_the_folder_repairs_it_without_the_network(server, url, cache, monkeypatch):
    folder = fetch_archive(url, cache)
    (folder / "model.ckpt.index").unlink()
    assert "model.ckpt.index is missing" in refusal(url, cache)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
    monkeypatch.setenv("RS_CORE_OFFLINE", "1")
    assert contents(fetch_archive(url, cache)) == FILES


def test_a_damaged_record_of_sizes_is_one_line(url, cache):
    folder = fetch_archive(url, cache)
    folder.with_name(".net-i160.files.json").write_text("[")
    assert "is damaged; delete it and" in refusal(url, cache)


def test_a_folder_unpacked_by_hand_is_taken(server, url, cache, monkeypatch):
    monkeypatch.setenv("RS_CORE_OFFLINE", "1")
    folder = cached_path(url, cache).with_name("net-i160")
    folder.mkdir(parents=True)
    assert fetch_archive(url, cache) == folder


@pytest.mark.parametrize(
    "member",
    [
        {"name": "../outside"},
        {"name": "deep/../../outside"},
        {"name": "link", "type": tarfile.SYMTYPE, "linkname": "/etc"},
        {"name": "link", "type": tarfile.SYMTYPE, "linkname": "model.ckpt.index"},
        {"name": "link", "type": tarfile.LNKTYPE, "linkname": "../../../outside"},
        {"name": "pipe", "type": tarfile.FIFOTYPE},
        {"name": "device", "type": tarfile.CHRTYPE},
    ],
    ids=lambda member: f"{member['name']}-{member.get('linkname', '')}",
)
def test_anything_but_files_below_the_folder_is_refused_and_nothing_stays(server, url, cache, member):
    server.content = tar(**member)
    line = refusal(url, cache)
    assert str(cached_path(url, cache)) in line
    assert list(cache.rglob("outside")) == []
    assert not cached_path(url, cache).with_name("net-i160").exists()
    assert not cached_path(url, cache).with_name(".net-i160.unpacking").exists()


def test_an_absolute_name_lands_in_the_folder(server, url, cache):
    server.content = tar({"/weights/model.ckpt.index": b"index"})
    assert contents(fetch_archive(url, cache)) == {"weights/model.ckpt.index": b"index"}


NOISE = Random(0).randbytes(100_000)


@pytest.mark.parametrize("damage", [lambda data: data[:-5000], lambda data: b"<html>", lambda data: b""])
def test_a_damaged_archive_is_one_line_and_nothing_stays(server, url, cache, damage):
    server.content = damage(tar({"noise": NOISE}))
    line = refusal(url, cache)
    assert "cannot be unpacked" in line
    assert line.endswith("delete it to download it again")
    assert not cached_path(url, cache).with_name("net-i160").exists()


def test_a_flipped_bit_in_an_archive_is_found(server, url, cache):
    data = bytearray(tar({"noise": NOISE}))
    data[len(data) // 2] ^= 1
    server.content = bytes(data)
    assert "cannot be unpacked" in refusal(url, cache)


def test_what_a_killed_unpacking_left_is_cleared(server, url, cache):
    left = cached_path(url, cache).with_name(".net-i160.unpacking")
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"half")
    assert contents(fetch_archive(url, cache)) == FILES
    assert not left.exists()
