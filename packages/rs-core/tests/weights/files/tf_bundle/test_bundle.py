"""Whole checkpoints, against what TensorFlow wrote and read back."""

import mmap
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core.errors import UserError
from rs_core.weights.files.open import open_tensors
from rs_core.weights.files.tf_bundle import open_tf_bundle

TOOL = Path(__file__).parents[6] / "tools/write_tf_fixtures.py"
SAVER = "model.ckpt-109475"
DATA = f"{SAVER}.data-00001-of-00003"


@pytest.mark.parametrize(("folder", "prefix"), [("saver", SAVER), ("object_graph", "ckpt-1")])
def test_every_tensor_is_what_tensorflow_reads_to_the_bit(checkpoint, expected, equal, folder, prefix):
    folder = checkpoint(folder)
    tensors, strings = expected(folder)
    file = open_tf_bundle(folder / prefix)
    assert equal(file, tensors)
    assert file.shapes == {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    assert file.metadata.get("not_read", "") == ", ".join(strings)
    assert file.path == folder / prefix


def test_writing_to_a_tensor_leaves_the_file_as_it_is(checkpoint):
    prefix = checkpoint("saver") / SAVER
    file = open_tf_bundle(prefix)
    before = prefix.with_name(DATA).read_bytes()
    file["types/float32"].zero_()
    assert file["types/float32"].count_nonzero()
    assert prefix.with_name(DATA).read_bytes() == before


def test_only_the_bytes_of_the_tensor_that_is_asked_for_are_read(checkpoint, monkeypatch):
    reads = []

    class Watched(mmap.mmap):
        def __getitem__(self, key):
            reads.append(key)
            return super().__getitem__(key)

    prefix = checkpoint("saver") / SAVER
    monkeypatch.setattr(mmap, "mmap", Watched)
    file = open_tf_bundle(prefix)
    reads.clear()
    _ = file["types/float64"]
    assert [key.stop - key.start for key in reads] == [3 * 2 * 8]


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00003", ".data-00002-of-00003"])
def test_a_missing_file_is_named(checkpoint, suffix):
    prefix = checkpoint("saver") / SAVER
    missing = prefix.with_name(SAVER + suffix)
    missing.unlink()
    with pytest.raises(UserError, match=rf"{missing}: .* missing; put it beside"):
        open_tf_bundle(prefix)


def test_a_data_file_that_is_cut_off_is_refused_before_anything_is_read(checkpoint):
    prefix = checkpoint("saver") / SAVER
    data = prefix.with_name(DATA)
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(UserError, match=rf"{data}: cut off, 590 bytes of 591 are here; copy it again"):
        open_tf_bundle(prefix)


def test_an_empty_data_file_is_refused(checkpoint):
    prefix = checkpoint("saver") / SAVER
    prefix.with_name(DATA).write_bytes(b"")
    with pytest.raises(UserError, match="cut off, 0 bytes of 591"):
        open_tf_bundle(prefix)


@pytest.mark.parametrize("size", [0, 1, 47, 48, 1000])
def test_an_index_that_is_cut_off_is_refused(checkpoint, size):
    index = checkpoint("saver") / f"{SAVER}.index"
    index.write_bytes(index.read_bytes()[:size])
    with pytest.raises(UserError, match=rf"{index}: not readable as the index of a checkpoint: it is cut off"):
        open_tf_bundle(index.with_suffix(""))


def test_every_flipped_byte_of_the_index_is_found_or_without_effect(checkpoint, expected, equal):
    folder = checkpoint("object_graph")
    tensors, _ = expected(folder)
    index = folder / "ckpt-1.index"
    sound = index.read_bytes()
    unnoticed = []
    for at in range(len(sound)):
        index.write_bytes(sound[:at] + bytes([sound[at] ^ 0x40]) + sound[at + 1 :])
        try:
            file = open_tf_bundle(folder / "ckpt-1")
        except UserError as error:
            assert str(error).startswith(f"{index}: not readable as the index")
            continue
        assert equal(file, tensors)
        unnoticed.append(at)
    # The unused part of the footer's 40 bytes before the magic number has no checksum.
    assert all(len(sound) - 48 < at < len(sound) - 8 for at in unnoticed)


def test_every_flipped_byte_of_a_tensor_is_found_and_names_it(checkpoint):
    prefix = checkpoint("saver") / SAVER
    data = prefix.with_name(DATA)
    sound = data.read_bytes()
    for at in range(0, len(sound), 7):
        data.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        file = open_tf_bundle(prefix)
        refused = {}
        for name in file:
            try:
                _ = file[name]
            except UserError as error:
                refused[name] = str(error)
        (name,) = refused
        assert refused[name].startswith(f"{data}: damaged, the checksum of tensor {name!r} does not match")


@pytest.fixture
def forged(forge, tmp_path):
    """Write a checkpoint of one tensor with eight bytes of data, and an entry at will."""

    def write(**entry):
        (tmp_path / "m.data-00000-of-00001").write_bytes(bytes(8))
        rows = [(b"", forge.header), (b"a", forge.write_entry(**entry))]
        (tmp_path / "m.index").write_bytes(forge.write_table(rows))
        return tmp_path / "m"

    return write


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"shape": (3,)}, "8 bytes are not a tensor 'a' of shape"),
        ({"shape": (2**40,), "num_bytes": 2**42}, "cut off, 8 bytes of 4398046511104"),
        ({"shape": (2**62, 4)}, "8 bytes are not a tensor"),
        ({"shape": (0, 2**62, 2**62), "num_bytes": 0}, "0 bytes are not a tensor"),
        ({"shape": (2**64 - 1,)}, "8 bytes are not a tensor"),
        ({"offset": 1}, "cut off, 8 bytes of 9"),
        ({"offset": 2**64 - 1}, "cut off"),
    ],
)
def test_forged_lengths_are_refused_when_the_file_is_opened(forged, entry, words):
    with pytest.raises(UserError, match=words):
        open_tf_bundle(forged(**entry))


def test_partitioned_variables_are_refused_with_a_remedy(checkpoint):
    with pytest.raises(UserError, match=r"pieces \(partitioned\), such as 'embedding', which is not read here; write"):
        open_tf_bundle(checkpoint("partitioned") / "model.ckpt")


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_damage_of_any_kind_is_refused_in_one_line_or_without_effect(
    fixtures, expected, equal, damage_strategy, tmp_path_factory, data
):
    folder = tmp_path_factory.mktemp("damaged") / "saver"
    shutil.copytree(fixtures / "saver", folder)
    damaged = folder / (SAVER + data.draw(st.sampled_from([".index", ".data-00001-of-00003", ".data-00002-of-00003"])))
    damaged.write_bytes(data.draw(damage_strategy)(damaged.read_bytes()))
    try:
        file = open_tf_bundle(folder / SAVER)
        tensors = dict(file)
    except UserError as error:
        assert "\n" not in str(error)
        assert str(damaged) in str(error)
    else:
        assert equal(tensors, expected(folder)[0])
    finally:
        shutil.rmtree(folder)


@pytest.mark.slow
def test_thousands_of_fresh_tensors_over_many_blocks_are_read_to_the_bit(tmp_path, tensorflow):
    tf = tensorflow
    random = np.random.default_rng(0)
    types = ("float32", "float64", "float16", "bfloat16", "int32", "int64", "bool", "uint8", "int16", "int8")
    arrays = {}
    for number in range(12_000):
        shape = tuple(random.integers(0, 4, random.integers(0, 5)))
        array = random.integers(-100, 100, shape).astype(tf.as_dtype(types[number % len(types)]).as_numpy_dtype)
        # The index has blocks of 256 KB; names that share little fill several.
        arrays[f"größe/{'stage/' * (number % 7)}{random.bytes(24).hex()}/layer_{number}"] = array
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "many"),
        tensor_names=list(arrays),
        shape_and_slices=[""] * len(arrays),
        tensors=list(arrays.values()),
    )
    assert (tmp_path / "many.index").stat().st_size > 3 * 256 * 1024
    reader = tf.train.load_checkpoint(tmp_path / "many")
    file = open_tf_bundle(tmp_path / "many")
    assert sorted(file) == sorted(reader.get_variable_to_shape_map()) == sorted(arrays)
    for name, tensor in file.items():
        theirs = np.asarray(reader.get_tensor(name))
        assert str(tensor.dtype) == f"torch.{theirs.dtype}"
        assert tuple(tensor.shape) == theirs.shape
        assert tensor.reshape(-1).view(torch.uint8).numpy().tobytes() == theirs.tobytes()


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("tensorflow"), reason="the tool needs TensorFlow")
def test_the_tool_writes_checkpoints_that_are_read_to_the_bit(tmp_path, expected, equal):
    subprocess.run([sys.executable, TOOL, tmp_path], check=True, capture_output=True)
    for folder, prefix in (("saver", SAVER), ("object_graph", "ckpt-1")):
        assert equal(open_tf_bundle(tmp_path / folder / prefix), expected(tmp_path / folder)[0])


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "name"), [("partitioned", "embedding"), ("old_format", "weight")])
def test_the_remedy_for_other_forms_works_in_tensorflow(checkpoint, folder, name, tensorflow):
    prefix = checkpoint(folder) / "model.ckpt"
    with pytest.raises(UserError) as refusal:
        open_tensors(prefix)
    _, _, remedy = str(refusal.value).partition("with TensorFlow: ")
    exec(remedy, {"tf": tensorflow})
    theirs = tensorflow.train.load_checkpoint(prefix).get_tensor(name)
    np.testing.assert_array_equal(open_tensors(f"{prefix}-new")[name].numpy(), theirs)
