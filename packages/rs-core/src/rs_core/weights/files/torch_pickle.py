"""State dicts that PyTorch pickled: .pt, .pth, .bin and .ckpt files."""

import argparse
import pickle
import re
import struct
import warnings
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor
from torch.serialization import safe_globals

from rs_core.errors import UserError
from rs_core.weights.files.magic import ZIP_MAGIC
from rs_core.weights.files.state_dict import find_state_dict, strip_prefixes
from rs_core.weights.files.tensor_file import TensorFile

# What torch.load raises on damaged bytes: its unpickler takes them for instructions and carries out what it can.
DAMAGE = (
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    MemoryError,
    struct.error,
)
# The trainers of timm and torchvision keep their arguments beside the weights; it is a bag of attributes.
HARMLESS: list[Any] = [argparse.Namespace]
REFUSED_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")


def open_torch_pickle(path: Path, *, ema: bool = True) -> TensorFile:
    """Open a pickled state dict, also one inside the checkpoint of a training run; no code in it is ever run.

    ``ema``: take the weight average where the file holds one beside the weights.
    ``metadata["taken_from"]`` names the entry that the tensors come from, ``["stripped"]`` the prefixes that were
    taken off their names, ``["left_out"]`` tensors without that prefix that belong to no network, and
    ``["not_read"]`` entries that are no tensors.

    Raises:
        UserError: damaged, a pickle that would run code, or without tensors.
    """
    taken_from, entries = find_state_dict(load(path), ema=ema)
    if not entries:
        raise UserError(f"{path}: no state dict in it; save one with torch.save(model.state_dict(), {path.name!r})")
    tensors = {name: value.detach() for name, value in entries.items() if isinstance(value, Tensor)}
    not_read = [name for name in entries if name not in tensors]
    tensors, stripped, left_out = strip_prefixes(tensors)
    about = {
        "taken_from": taken_from,
        "stripped": stripped,
        "left_out": ", ".join(left_out),
        "not_read": ", ".join(not_read),
    }
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    return TensorFile(path, shapes, tensors.__getitem__, {key: text for key, text in about.items() if text})


def load(path: Path) -> Any:
    """Unpickle tensors and plain values. From a zip archive, tensors are read when they are first used."""
    with path.open("rb") as file:
        is_zip = file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
    if is_zip:
        check_archive(path)
    # PyTorch maps only what it opens itself, and takes a file called .safetensors for what its name says.
    is_mapped = is_zip and path.suffix != ".safetensors"
    try:
        with path.open("rb") as file, warnings.catch_warnings(), safe_globals(HARMLESS):
            warnings.simplefilter("ignore")  # of pickles that are then refused
            return torch.load(path if is_mapped else file, map_location="cpu", weights_only=True, mmap=is_mapped)
    except pickle.UnpicklingError as error:
        # PyTorch's own message says how to run the code.
        refused = REFUSED_GLOBAL.search(str(error))
        held = f"{refused[1]}, which could run code" if refused else "instructions that no state dict needs"
        raise UserError(
            f"{path}: refused, because it holds {held}; where you trust it, load it and save the state dict alone"
        ) from None
    except DAMAGE as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(f"{path}: not a readable PyTorch state dict ({reason}); copy or save it again") from None


def check_archive(path: Path) -> None:
    """Refuse the zip archives that torch.save did not write: programs, NumPy's and Keras' files."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {PurePosixPath(name).name for name in archive.namelist()}
    except (zipfile.BadZipFile, *DAMAGE) as error:
        raise UserError(f"{path}: a damaged zip archive ({error}); copy it again") from None
    if "data.pkl" not in names or "constants.pkl" in names:
        raise UserError(f"{path}: a zip archive that torch.save did not write; give the state dict of a model")
