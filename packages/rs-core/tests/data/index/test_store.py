"""Opening what was written, and refusing what is not whole."""

import json

import numpy as np
import pytest

from rs_core.data.index import open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_folder import index_image_folder


@pytest.fixture
def stored(image_folder, tmp_path):
    index_image_folder(image_folder, tmp_path / "index", BuildConfig())
    return tmp_path / "index"


def test_numpy_alone_reads_the_columns(stored):
    (columns,) = stored.glob("columns-*")
    assert np.load(columns / "rows/label.npy").tolist() == [0, 0, 1, 1, 1, 2]
    assert np.load(columns / "rows/offset.npy").tolist() == [0] * 6
    assert json.loads((stored / "index.json").read_text())["class_names"] == ["cat", "dog", "owl"]


def test_opening_reads_nothing_but_the_description(stored, monkeypatch):
    mapped = []
    load = np.load
    monkeypatch.setattr(np, "load", lambda path, **options: mapped.append(options) or load(path, **options))
    open_index(stored)
    assert mapped
    assert all(options["mmap_mode"] == "r" for options in mapped)


def edit(stored, **changes):
    data = json.loads((stored / "index.json").read_text())
    (stored / "index.json").write_text(json.dumps({**data, **changes}))


def test_what_is_no_index_is_refused(tmp_path, refusal):
    message = refusal(open_index, tmp_path / "no")
    assert message == f"{tmp_path}/no: no index there; make one with: rs-core index SOURCE --out {tmp_path}/no"
    (tmp_path / "file").write_text("")
    assert "no index there" in refusal(open_index, tmp_path / "file")


def test_an_index_of_a_newer_version_is_refused(stored, refusal):
    edit(stored, version=2)
    assert "an index of version 2, and this rs-core reads version 1; index again" in refusal(open_index, stored)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "other"}', b"\xff"])
def test_a_damaged_description_is_refused(stored, refusal, content):
    (stored / "index.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert refusal(open_index, stored).startswith(f"{stored}: damaged (index.json ")


def test_a_description_that_lacks_something_is_refused(stored, refusal):
    edit(stored, arrays={"rows/file.npy": {"dtype": "<i4"}})
    assert "index.json lacks something" in refusal(open_index, stored)


@pytest.mark.parametrize("name", ["rows/label.npy", "files/name.npy"])
def test_a_column_that_is_missing_cut_off_or_another_is_named(stored, refusal, name):
    (path,) = stored.glob(f"columns-*/{name}")
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    assert f"damaged ({name}: mmap length" in refusal(open_index, stored)
    np.save(path, np.zeros(3))
    assert f"damaged ({name} is <f8 [3], not as described)" in refusal(open_index, stored)
    path.unlink()
    assert f"{name} is missing" in refusal(open_index, stored)
