"""Open a file of weights, whatever its format."""

from importlib import import_module
from pathlib import Path

from rs_core.errors import UserError
from rs_core.extras import missing_extra
from rs_core.weights.files.directory import checkpoint_in, prefix_of
from rs_core.weights.files.magic import Format, format_of
from rs_core.weights.files.tensor_file import TensorFile

KNOWN = "a TensorFlow checkpoint, .safetensors, a PyTorch state dict or a Keras .h5"
OPENERS = {
    Format.TF_TABLE: ("tf_bundle", "open_tf_table"),
    Format.SAFETENSORS: ("safetensors_file", "open_safetensors"),
    Format.TORCH: ("torch_pickle", "open_torch_pickle"),
    Format.HDF5: ("keras_h5", "open_keras_h5"),
}


def open_tensors(path: str | Path, *, ema: bool = True) -> TensorFile:
    """Open named tensors; the format follows from the content.

    Args:
        path: a file; the prefix of a TensorFlow checkpoint, such as ``model.ckpt-109475``, or its index or one of its
            data files; or a directory with one checkpoint, TensorFlow's ``checkpoint`` file or a run's
            ``model.safetensors``.
        ema: of a pickle with weights and their average, take the average; other formats give both.

    Raises:
        UserError: there is nothing, nothing known, or several checkpoints; a file is damaged or holds code; or the
            library that reads this format is not installed.
    """
    path = Path(path)
    try:
        if path.is_dir():
            path = checkpoint_in(path)
        return open_file(path, ema=ema) if path.is_file() else open_prefix(path)
    except OSError as error:
        raise UserError(f"{path}: not readable ({error.strerror or error}); give another file") from None


def open_file(path: Path, *, ema: bool) -> TensorFile:
    """Open a file, or the checkpoint that it is a part of."""
    prefix = prefix_of(path)
    if prefix:
        return call("tf_bundle", "open_tf_bundle", prefix)
    file_format = format_of(path)
    if file_format is Format.TORCH:
        return call(*OPENERS[file_format], path, ema=ema)
    if file_format:
        return call(*OPENERS[file_format], path)
    what = "damaged, or not weights in a known format" if path.stat().st_size else "empty"
    raise UserError(f"{path}: {what}; give {KNOWN}")


def open_prefix(prefix: Path) -> TensorFile:
    """Open a TensorFlow checkpoint by the start of its files' names."""
    if prefix.parent.is_dir() and any(prefix_of(path) == prefix for path in prefix.parent.iterdir()):
        return call("tf_bundle", "open_tf_bundle", prefix)
    raise UserError(f"{prefix}: no such file, directory or checkpoint; give {KNOWN}")


def call(module: str, function: str, path: Path, **options: bool) -> TensorFile:
    """Call the opener of one format; its library is imported only now."""
    try:
        opener = getattr(import_module(f"rs_core.weights.files.{module}"), function)
    except ModuleNotFoundError as error:
        raise missing_extra(error, f"reading {path}") from None
    opened: TensorFile = opener(path, **options)
    return opened
