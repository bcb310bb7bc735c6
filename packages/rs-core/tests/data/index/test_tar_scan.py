"""Scanning tars: against Python's tarfile, and what is said of bad ones."""

import io
import json
import tarfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rs_core.data.index.tar_name import bytes_before, member_name
from rs_core.data.index.tar_scan import scan_shard
from rs_core.data.index.tar_stream import TarStream

FORMATS = [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]
# Names around the lengths where ustar splits them and longer ones need an entry of their own.
PARTS = st.text("aé日. -", min_size=1, max_size=3).map(lambda text: text.replace("..", "x"))
NAMES = st.tuples(PARTS, st.sampled_from([1, 40, 52, 60, 99, 130, 400])).map(lambda pair: pair[0] * pair[1])
MEMBERS = st.lists(st.tuples(NAMES, st.binary(max_size=1200)), max_size=6, unique_by=lambda pair: pair[0])


@settings(deadline=None, max_examples=60)
@given(MEMBERS, st.sampled_from(FORMATS))
def test_members_are_those_that_tarfile_finds(make_tar, members, tar_format):
    if tar_format == tarfile.USTAR_FORMAT:
        members = [(name, content) for name, content in members if len(name.encode()) <= 100]
    members = [(name.strip("/ ") or "x", content) for name, content in members]
    data = make_tar(members, tar_format)
    stream = TarStream("x.tar", io.BytesIO(data))
    ours = list(stream.members(lambda name: True))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        theirs = [(info.name, info.offset_data, info.size) for info in archive.getmembers()]
    assert [(member.name, member.offset, member.size) for member in ours] == theirs
    assert [member.content for member in ours] == [content for _, content in members]
    assert (stream.crc32, stream.position) == (zlib.crc32(data), len(data))
    for member in ours:
        start, stop = bytes_before(member.offset)
        assert member_name(data[start:stop]) == member.name


def test_a_size_beyond_octal_digits_is_read(tmp_path):
    # GNU writes it in binary, pax in an entry of its own. The content is left out: only the header is looked at.
    for tar_format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        info = tarfile.TarInfo("big.jpg")
        info.size = 9 * 2**30
        stream = TarStream("x.tar", io.BytesIO(info.tobuf(tar_format)))
        with pytest.raises(Exception, match=r"cut off at byte .* in big\.jpg"):
            list(stream.members(lambda name: False))


def test_the_label_comes_from_cls_then_json_then_folder(write_tar):
    path = write_tar("a.tar", [
        ("x/0.json", json.dumps({"label": 5}).encode()), ("x/0.cls", b"7\n"), ("x/0.jpg", b"0"),
        ("x/1.jpg", b"1"), ("x/1.json", json.dumps({"label": "tench", "caption": "a fish"}).encode()),
        ("./x/y/2.PNG", b"2"), ("x/y/2.json", b"{}"),
        ("3.webp", b"3"), ("3.txt", b"a caption"),
        ("4.jpg", b"4"), ("4.cls", b"-1"),
    ])  # fmt: skip
    rows = scan_shard(str(path))
    assert [rows.labels[i] if i >= 0 else None for i in rows.label_ids] == [7, "tench", "y", None, None]
    assert rows.label_members == ["x/0.cls", "x/1.json", "./x/y/2.PNG"]
    data = path.read_bytes()
    found = [data[o : o + n] for o, n in zip(rows.offsets, rows.lengths, strict=True)]
    assert found == [b"0", b"1", b"2", b"3", b"4"]


def test_without_labels_none_is_looked_for(write_tar):
    path = write_tar("a.tar", [("x/0.jpg", b"0"), ("x/0.cls", b"nonsense \xff")])
    assert scan_shard(str(path), with_labels=False).label_ids.tolist() == [-1]


def test_names_follow_the_convention_that_a_key_ends_at_the_first_dot(write_tar):
    path = write_tar("a.tar", [("0.jpg", b"0"), ("0.seg.png", b"no"), (".hidden.jpg", b"no"), ("d.v2/1.JPEG", b"1")])
    rows = scan_shard(str(path))
    assert (rows.lengths.tolist(), rows.labels) == ([1, 1], ["d.v2"])


def test_labels_without_an_image_are_counted(write_tar):
    path = write_tar("a.tar", [("0.jpg", b"0"), ("1.gif", b"1"), ("1.cls", b"1"), ("2.cls", b"2")])
    assert scan_shard(str(path)).without_image == ["1", "2"]


@pytest.mark.parametrize("with_labels", [True, False])
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("a.jpg", b""), ("a.png", b"")], "two images with the key 'a', a.jpg and a.png"),
        ([("a.jpg", b"1"), ("b.jpg", b"2"), ("a.jpg", b"3")], "two images with the key 'a'"),
        ([("a.cls", b"1"), ("a.jpg", b"2"), ("a.cls", b"3")], "a.cls is there twice"),
        ([("a.0.jpg", b"1"), ("b", b"2")], "no images; names of images have .jpg, "),
    ],
)
def test_members_that_cannot_be_told_apart_are_refused(write_tar, refusal, members, message, with_labels):
    path = write_tar("a.tar", members)
    assert refusal(scan_shard, str(path), with_labels=with_labels).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.cls", b"\xff"), ("a.json", b"{"), ("a.json", b'{"label": [0.1]}'), ("a.json", b'{"label": true}')],
)
def test_a_label_that_is_none_is_named(write_tar, refusal, name, content):
    path = write_tar("a.tar", [("a.jpg", b"1"), (name, content)])
    assert refusal(scan_shard, str(path)).startswith(f"{path}: {name} holds no label (")


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE])
def test_an_image_that_is_a_link_is_refused(tmp_path, refusal, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("a.jpg"))
        link = tarfile.TarInfo("b.jpg")
        link.type, link.linkname = kind, "a.jpg"
        archive.addfile(link)
    assert "b.jpg is stored as a link" in refusal(scan_shard, str(tmp_path / "a.tar"))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_tar_cut_off_anywhere_before_its_end_is_refused(tmp_path, make_tar, refusal, data):
    content = make_tar([(f"class/{i}.jpg", bytes([65 + i]) * 600) for i in range(3)])
    used = 3 * (512 + 1024)
    (tmp_path / "a.tar").write_bytes(content[: data.draw(st.integers(0, used + 511))])
    message = refusal(scan_shard, str(tmp_path / "a.tar"))
    assert message.startswith(f"{tmp_path}/a.tar: cut off at byte ")


def test_a_damaged_header_is_refused_with_its_place(write_tar, refusal):
    path = write_tar("a.tar", [("0.jpg", b"0"), ("1.jpg", b"1")])
    data = bytearray(path.read_bytes())
    data[1024 + 3] ^= 1
    path.write_bytes(data)
    assert refusal(scan_shard, str(path)) == f"{path}: damaged at byte 1,024, after 0.jpg; copy or write it again"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x1f\x8b" + bytes(2000), "compressed; unpack it"),
        (b"not a tar " * 100, "not a tar archive"),
        (b"", "cut off at byte 0"),
    ],
)
def test_other_files_are_refused(tmp_path, refusal, content, message):
    (tmp_path / "a.tar").write_bytes(content)
    assert message in refusal(scan_shard, str(tmp_path / "a.tar"))


def test_tars_joined_with_cat_are_refused_instead_of_losing_the_second(tmp_path, make_tar, refusal):
    (tmp_path / "a.tar").write_bytes(make_tar([("0.jpg", b"0")]) + make_tar([("1.jpg", b"1")]))
    assert "something follows the end of the archive, after 0.jpg" in refusal(scan_shard, str(tmp_path / "a.tar"))
