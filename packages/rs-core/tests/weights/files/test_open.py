"""Opening whatever a user points at."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core.errors import UserError
from rs_core.weights.files import open_tensors

PREFIX = "model.ckpt-109475"


@pytest.mark.parametrize("name", ["", PREFIX, f"{PREFIX}.index", f"{PREFIX}.data-00002-of-00003"])
def test_a_tensorflow_checkpoint_opens_by_directory_prefix_index_and_data_file(checkpoint, expected, equal, name):
    folder = checkpoint("saver")
    assert equal(open_tensors(str(folder / name)), expected(folder)[0])


def test_data_without_an_index_and_an_index_without_data_say_what_is_missing(checkpoint):
    folder = checkpoint("object_graph")
    index, data = folder / "ckpt-1.index", folder / "ckpt-1.data-00000-of-00001"
    content = index.read_bytes()
    index.unlink()
    for path in (folder, folder / "ckpt-1", data):
        with pytest.raises(UserError, match=rf"{index}: the index of the checkpoint is missing"):
            open_tensors(path)
    data.unlink()
    index.write_bytes(content)
    for path in (folder, folder / "ckpt-1", index):
        with pytest.raises(UserError, match=rf"{data}: this data file of the checkpoint is missing"):
            open_tensors(path)


def test_the_old_format_of_tensorflow_is_refused_with_a_remedy(checkpoint):
    folder = checkpoint("old_format")
    for path in (folder, folder / "model.ckpt"):
        with pytest.raises(
            UserError, match=r"model.ckpt: a checkpoint of TensorFlow's old V1 format, .*; write it anew"
        ):
            open_tensors(path)


def test_an_index_under_another_name_is_refused(checkpoint):
    folder = checkpoint("object_graph")
    path = (folder / "ckpt-1.index").rename(folder / "index")
    with pytest.raises(UserError, match=rf"{path}: the index of a checkpoint under another name; call it PREFIX.index"):
        open_tensors(path)


def test_nothing_there_is_said_in_one_line(tmp_path):
    for path in (tmp_path / "nothing", tmp_path / "no" / "folder", "nothing\0here"):
        with pytest.raises(UserError, match="no such file, directory or checkpoint; give a TensorFlow checkpoint"):
            open_tensors(path)


def test_an_empty_file_is_said_to_be_empty(tmp_path):
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(UserError, match=r"model.safetensors: empty; give"):
        open_tensors(tmp_path / "model.safetensors")


def test_a_name_that_the_system_refuses_is_said_in_one_line(tmp_path):
    with pytest.raises(UserError, match=r"not readable .File name too long"):
        open_tensors(tmp_path / ("x" * 300))


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_random_bytes_are_refused_in_one_line(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("random") / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"^{path}: .*; [^\n]*$"):
        open_tensors(path)


@pytest.mark.parametrize(("library", "folder", "name"), [("google_crc32c", "saver", PREFIX), ("h5py", "", "m.h5")])
def test_a_library_that_is_not_installed_names_the_extra(checkpoint, tmp_path, monkeypatch, library, folder, name):
    (tmp_path / "m.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    path = checkpoint(folder) / name if folder else tmp_path / name
    for module in [module for module in sys.modules if module.startswith("rs_core.weights.files.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UserError) as refusal:
        open_tensors(path)
    assert str(refusal.value) == f"reading {path} needs {library}, which is not installed: pip install 'rs-core[tf]'"
