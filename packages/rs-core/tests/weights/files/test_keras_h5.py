"""Keras' HDF5 files."""

import pytest
import torch

from rs_core.errors import UserError
from rs_core.weights.files import open_tensors

h5py = pytest.importorskip("h5py")


def write(path, layers, *, group=None, as_bytes=True, more=()):
    """Write a file as Keras does: layers and their weights are listed in attributes, in order."""

    def texts(names):
        return [name.encode() if as_bytes else name for name in names]

    with h5py.File(path, "w") as file:
        root = file.create_group(group) if group else file
        root.attrs["layer_names"] = texts(layers)
        for layer, weights in layers.items():
            root.create_group(layer).attrs["weight_names"] = texts(weights)
            for name, tensor in weights.items():
                root[layer][name] = tensor.numpy() if isinstance(tensor, torch.Tensor) else tensor
    return path


KERNEL, BIAS = torch.arange(6.0).reshape(2, 3), torch.tensor(5, dtype=torch.int64)
LAYERS = {"stem": {"stem/kernel:0": KERNEL}, "pool": {}, "head": {"head/bias:0": BIAS, "head/kernel:0": KERNEL.half()}}
NAMED = {"stem/kernel": KERNEL, "head/bias": BIAS, "head/kernel": KERNEL.half()}


@pytest.mark.parametrize("as_bytes", [True, False])
@pytest.mark.parametrize("group", [None, "model_weights"])
def test_weights_come_in_the_order_of_keras_from_weights_and_from_whole_models(tmp_path, equal, group, as_bytes):
    file = open_tensors(write(tmp_path / "m", LAYERS, group=group, as_bytes=as_bytes))
    assert equal(file, NAMED)
    assert file.shapes == {name: tuple(tensor.shape) for name, tensor in NAMED.items()}


def test_a_list_of_layers_that_keras_cut_in_pieces_is_put_together(tmp_path):
    path = write(tmp_path / "m.h5", LAYERS)
    with h5py.File(path, "a") as file:
        names = file.attrs["layer_names"]
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:2], names[2:]
    assert list(open_tensors(path)) == list(NAMED)


def test_big_endian_numbers_are_turned(tmp_path):
    path = write(tmp_path / "m.h5", {"a": {"a/b:0": KERNEL.numpy().astype(">f4")}})
    assert open_tensors(path)["a/b"].equal(KERNEL)


def test_texts_are_listed_and_not_read(tmp_path):
    file = open_tensors(write(tmp_path / "m.h5", LAYERS | {"words": {"words/vocabulary:0": ["a", "b"]}}))
    assert list(file) == list(NAMED)
    assert file.metadata == {"not_read": "words/vocabulary"}


def test_weights_of_the_same_name_are_refused(tmp_path):
    path = write(tmp_path / "m.h5", {"a": {"a/k:0": KERNEL, "outer/a/k:0": KERNEL}})
    with pytest.raises(UserError, match=rf"{path}: two weights of the same name"):
        open_tensors(path)


def test_an_hdf5_file_of_another_kind_is_refused_with_a_remedy(tmp_path):
    path = tmp_path / "m.weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = KERNEL.numpy()
    with pytest.raises(UserError, match=rf"{path}: no weights by layers in it; in Keras, load"):
        open_tensors(path)


def test_a_weight_that_is_listed_and_missing_is_damage(tmp_path):
    path = write(tmp_path / "m.h5", LAYERS)
    with h5py.File(path, "a") as file:
        del file["stem/stem/kernel:0"]
    with pytest.raises(UserError, match=rf"{path}: not readable as Keras HDF5"):
        open_tensors(path)


@pytest.mark.parametrize("way", ["link", "bytes", "virtual"])
def test_weights_that_lie_in_other_files_are_refused(tmp_path, way):
    path, other = write(tmp_path / "m.h5", LAYERS), tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["secret"] = KERNEL.numpy()
    with h5py.File(path, "a") as file:
        del file["stem/stem/kernel:0"]
        match way:
            case "link":
                file["stem/stem/kernel:0"] = h5py.ExternalLink(str(other), "secret")
            case "bytes":
                file.create_dataset("stem/stem/kernel:0", (2,), "f4", external=[(str(other), 0, 8)])
            case "virtual":
                layout = h5py.VirtualLayout((2, 3), "f4")
                layout[:] = h5py.VirtualSource(str(other), "secret", (2, 3))
                file.create_virtual_dataset("stem/stem/kernel:0", layout)
    with pytest.raises(UserError, match=rf"{path}: refused, because its weights lie in other files"):
        open_tensors(path)


# No bytes are changed at random here: HDF5's library itself crashes or loops on about one such file in ten thousand.
def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path):
    path = write(tmp_path / "m.h5", LAYERS)
    content = path.read_bytes()
    for size in range(8, len(content), 97):
        path.write_bytes(content[:size])
        with pytest.raises(UserError, match=rf"^{path}: not readable as Keras HDF5 \([^\n]*\); copy it again$"):
            open_tensors(path)


@pytest.mark.slow
@pytest.mark.usefixtures("tensorflow")
@pytest.mark.parametrize("whole", [False, True])
def test_the_file_of_the_resnet_rs_of_keras_is_read_to_the_bit(tmp_path, equal, whole):
    tf_keras = pytest.importorskip("tf_keras")
    model = tf_keras.applications.ResNetRS50(weights=None)
    path = tmp_path / "resnet_rs_50.h5"
    (model.save if whole else model.save_weights)(path)
    theirs = {weight.name.removesuffix(":0"): torch.from_numpy(weight.numpy()) for weight in model.weights}
    assert equal(open_tensors(path), theirs)
