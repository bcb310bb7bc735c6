"""The formats by suffix: one function to write any of them, one to load."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rs_core.errors import UserError
from rs_core.export.description import Dtype, Kind
from rs_core.export.exported import ExportedModel
from rs_core.export.fused import export_fused, load_fused
from rs_core.export.program import export_program, load_program
from rs_core.extras import missing_extra
from rs_core.weights.release import PretrainedModel

SUFFIXES: dict[str, Kind] = {".pt2": "program", ".onnx": "onnx", ".safetensors": "fused"}


def export_model(
    pretrained: PretrainedModel,
    path: str | Path,
    resolution: int = 0,
    *,
    num_frames: int = 0,
    dtype: Dtype = "float32",
    dynamic_size: bool = False,
) -> ExportedModel:
    """Write a model in the format that the suffix names, ``.pt2``, ``.onnx`` or ``.safetensors``, and check the file.

    Args:
        pretrained: the model; it stays as it is.
        path: the file to write.
        resolution: pixels a side, 0 for that of the model's preprocessing.
        num_frames: of a clip, for a network of clips.
        dtype: of weights and maps.
        dynamic_size: height and width may then be any multiples of the network's stride from twice up. Fused weights
            take any size anyway.

    >>> import tempfile, torch
    >>> from rs_core import create_model
    >>> from rs_core.data.preprocessing import Preprocessing
    >>> from rs_core.weights.release import Origin
    >>> model, input = create_model("resnet_rs_50", width_multiplier=0.25).eval(), Preprocessing(resolution=64)
    >>> trained = PretrainedModel(model=model, preprocessing=input, class_names=(), origin=Origin())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     exported = export_model(trained, f"{folder}/fused.safetensors", dtype="bfloat16")
    >>> exported(torch.zeros(5, 3, 64, 64)).shape
    torch.Size([5, 1000])

    Raises:
        UserError: a value out of range, an extra that is not installed, a path that cannot be written, or a file that
            answers otherwise than the network. In each case ``path`` is as it was.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "fused":
        return export_fused(pretrained, path, resolution, num_frames=num_frames, dtype=dtype)
    if kind == "program":
        return export_program(
            pretrained, path, resolution, num_frames=num_frames, dtype=dtype, dynamic_size=dynamic_size
        )
    if dtype != "float32":
        raise UserError(f"dtype={dtype}: ONNX Runtime convolves in float32 alone on a CPU; leave dtype as it is")
    with needs_extra():
        from rs_core.export.onnx import export_onnx  # noqa: PLC0415  # the other formats need no ONNX
    return export_onnx(pretrained, path, resolution, num_frames=num_frames, dynamic_size=dynamic_size)


def load_exported(path: str | Path) -> ExportedModel:
    """Load an exported network of any format, on the CPU, and check that it answers as the original did.

    Raises:
        UserError: no such file, damaged, not written by rs-core, not the network that was exported, or an extra that
            is not installed.
    """
    path = Path(path)
    kind = kind_of(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    if kind == "fused":
        return load_fused(path)
    if kind == "program":
        return load_program(path)
    with needs_extra():
        from rs_core.export.onnx import load_onnx  # noqa: PLC0415  # the other formats need no ONNX
    return load_onnx(path)


def kind_of(path: Path) -> Kind:
    """Tell the format from the suffix.

    Raises:
        UserError: another suffix.
    """
    if path.suffix not in SUFFIXES:
        known = ", ".join(f"{suffix} ({kind})" for suffix, kind in SUFFIXES.items())
        raise UserError(f"{path}: the suffix {path.suffix!r} names no format; choose from {known}")
    return SUFFIXES[path.suffix]


@contextmanager
def needs_extra() -> Iterator[None]:
    """Say which extra is missing where ONNX cannot be imported.

    Raises:
        UserError: an extra that is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the format onnx") from None
