"""An index has the same fingerprint for as long as its rows are the same bytes."""

import os

import numpy as np
import pytest

from rs_core.data.index.add_columns import add_columns
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_folder import index_image_folder
from rs_core.data.index.build_shards import index_shards
from rs_core.data.index.fingerprint import fingerprint
from rs_core.data.index.store import read_description


@pytest.fixture
def fingerprint_of(image_folder, tmp_path):
    """Index the folder anew, and give the fingerprint."""

    def make(root=image_folder, name="index", **settings):
        index_image_folder(root, tmp_path / name, BuildConfig(rescan=True, **settings))
        return fingerprint(read_description(tmp_path / name))

    return make


def test_it_is_32_hexadecimal_digits_and_stays(fingerprint_of):
    first = fingerprint_of()
    assert len(first) == 32
    assert int(first, 16) >= 0
    assert fingerprint_of() == first


def test_labels_columns_times_and_the_place_make_no_difference(fingerprint_of, image_folder, tmp_path):
    first = fingerprint_of()
    assert fingerprint_of(with_labels=False) == first
    add_columns(tmp_path / "index", {"weight": np.ones(6)})
    assert fingerprint(read_description(tmp_path / "index")) == first
    for path in image_folder.rglob("*.jpg"):
        os.utime(path, (1, 1))
    assert fingerprint_of(name="later") == first
    image_folder.rename(tmp_path / "elsewhere")
    assert fingerprint_of(tmp_path / "elsewhere", name="moved") == first


@pytest.mark.parametrize("change", ["renamed", "longer", "more", "fewer"])
def test_another_name_size_or_number_of_files_is_another_index(fingerprint_of, image_folder, change):
    first = fingerprint_of()
    path = image_folder / "cat" / "0.jpg"
    if change == "renamed":
        path.rename(path.with_name("00.jpg"))
    elif change == "longer":
        path.write_bytes(path.read_bytes() + b"!")
    elif change == "more":
        path.with_name("9.jpg").write_bytes(b"new")
    else:
        path.unlink()
    assert fingerprint_of() != first


def test_other_content_of_a_shard_of_the_same_size_is_another_index(write_tar, tmp_path):
    found = []
    for content in (b"x", b"y"):
        shard = write_tar("0.tar", [("a.jpg", content), ("a.cls", b"0")])
        index_shards([str(shard)], tmp_path / "index", BuildConfig(rescan=True))
        found.append(fingerprint(read_description(tmp_path / "index")))
    assert found[0] != found[1]
