"""Keras' HDF5 files: the weights of a model (``save_weights``), or a whole model with its weights (``save``)."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor

from rs_core.errors import UserError
from rs_core.weights.files.tensor_file import TensorFile

# What h5py raises on damaged bytes.
DAMAGE = (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)
NUMBERS = "biuf"  # NumPy's kinds


def open_keras_h5(path: Path) -> TensorFile:
    """Open the weights of a Keras model under names such as ``stem_1_stem_conv_1/kernel``.

    The order is Keras' own, in which it loads them. Weights that are no numbers are listed in
    ``metadata["not_read"]``.

    Raises:
        UserError: cut off or damaged where HDF5's library notices it, or an HDF5 file of another kind. The format has
            no checksums, and changed bytes can crash that library (1.14): open only files that arrived whole.
    """
    try:
        weights = list(weights_in(h5py.File(path)))
        datasets = {name: dataset for name, dataset in weights if dataset.dtype.kind in NUMBERS}
        not_read = [name for name, _ in weights if name not in datasets]
        shapes = {name: tuple(dataset.shape) for name, dataset in datasets.items()}
        inside = all(is_inside(dataset, path) for dataset in datasets.values())
    except DAMAGE as error:
        raise damaged(path, error) from None
    if not datasets:
        raise UserError(f"{path}: no weights by layers in it; in Keras, load the model and save it as a whole to a .h5")
    if len(datasets) + len(not_read) < len(weights):
        raise UserError(f"{path}: two weights of the same name in it; give the model's layers names of their own")
    if not inside:
        raise UserError(f"{path}: refused, because its weights lie in other files; save it anew from Keras")

    def read(name: str) -> Tensor:
        try:
            array = np.asarray(datasets[name][()])
            return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))
        except DAMAGE as error:
            raise damaged(path, error) from None

    return TensorFile(path, shapes, read, {"not_read": ", ".join(not_read)} if not_read else {})


def weights_in(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """Give name and data of every weight that Keras lists. A whole model has them one group further down."""
    root = file.get("model_weights", file)
    for layer in list_attribute(root, "layer_names"):
        for weight in list_attribute(root[layer], "weight_names"):
            yield full_name(layer, weight), root[layer][weight]


def list_attribute(group: h5py.Group, name: str) -> list[str]:
    """Read a list of texts. Keras cuts one that is too long for HDF5 into ``name0``, ``name1``, …"""
    if name in group.attrs:
        return to_texts(group.attrs[name])
    texts: list[str] = []
    number = 0
    while f"{name}{number}" in group.attrs:
        texts += to_texts(group.attrs[f"{name}{number}"])
        number += 1
    return texts


def to_texts(values: Iterable[bytes | str]) -> list[str]:
    """Decode texts, which are stored as bytes or as text according to the version of Keras."""
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def full_name(layer: str, weight: str) -> str:
    """Name a weight by its layer; Keras 3 puts names of enclosing models in front, others leave the layer out.

    >>> full_name("stem", "stem/kernel:0"), full_name("stem", "sequential/stem/kernel"), full_name("head", "fc/bias:0")
    ('stem/kernel', 'stem/kernel', 'head/fc/bias')
    """
    parts = weight.partition(":")[0].split("/")
    own = parts[parts.index(layer) + 1 :] if layer in parts else parts
    return "/".join([layer, *own])


def is_inside(dataset: h5py.Dataset, path: Path) -> bool:
    """Say whether the bytes of a data set are in this file; HDF5 can point to any other one."""
    return not dataset.external and not dataset.is_virtual and dataset.file.filename == str(path)


def damaged(path: Path, error: BaseException) -> UserError:
    """Say that a file cannot be read, and why."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return UserError(f"{path}: not readable as Keras HDF5 ({reason}); copy it again")
