"""ONNX: the folded network for runtimes without PyTorch."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import onnxruntime
import onnxscript  # noqa: F401  # torch.onnx needs it, and says so less clearly
import torch
from onnxruntime.capi import onnxruntime_pybind11_state as ort
from torch import Tensor
from torch.onnx import ONNXProgram

from rs_core.errors import UserError
from rs_core.export.damage import first_line
from rs_core.export.description import METADATA_KEY, from_json
from rs_core.export.exported import ExportedModel, verified, write_checked
from rs_core.export.prepare import prepare, size_step
from rs_core.export.quiet import quiet
from rs_core.export.trace import trace
from rs_core.weights.release import PretrainedModel

# What PyTorch's exporter writes by itself; for others it runs a converter. All operators here are older.
OPSET = 18

INPUT, OUTPUT, BATCH = "images", "logits", "batch"

FATAL = 4  # ONNX Runtime's log level: its errors become exceptions, and need not be printed, too

UNREADABLE = (ort.Fail, ort.InvalidArgument, ort.InvalidGraph, ort.InvalidProtobuf, ort.NoSuchFile, ort.NotImplemented)

# What running a graph raises that does not fit together, or takes or gives something else than images and logits.
NOT_RUNNABLE = (
    ort.Fail,
    ort.InvalidArgument,
    ort.RuntimeException,
    ort.NotImplemented,
    RuntimeError,
    ValueError,
    TypeError,
)


def export_onnx(
    pretrained: PretrainedModel,
    path: Path,
    resolution: int = 0,
    *,
    num_frames: int = 0,
    dynamic_size: bool = False,
) -> ExportedModel:
    """Write an ONNX file, opset 18, in float32: ``images`` to ``logits``, whose first axis ``batch`` is free.

    It is one file, weights included. Class names, preprocessing and architecture are JSON in its metadata, under
    ``rs_core_export``. There is no bfloat16, because ONNX Runtime has no such convolution for CPUs.

    ``resolution``: pixels a side, 0 for that of the model's preprocessing. ``num_frames``: of a clip, for a network of
    clips. ``dynamic_size``: height and width may then be any multiples of the network's stride from twice up, 64, 96,
    128 and so on; tracing a network with TensorFlow's "same" padding takes minutes then.

    Raises:
        UserError: a value out of range, a path that cannot be written, or a file that answers otherwise than the
            network. In each case ``path`` is as it was.
    """
    step = size_step(pretrained.model, dynamic=dynamic_size)
    prepared = prepare(pretrained, "onnx", resolution, num_frames=num_frames, dtype="float32", size_step=step)

    def write(file: BinaryIO) -> None:
        with quiet("torch.onnx"):
            program = torch.onnx.export(
                trace(prepared.network, prepared.contract),
                dynamo=True,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=({0: BATCH},),  # only names the axis, which is free already
                verbose=False,
            )
        program = cast("ONNXProgram", program)  # it is None only where dynamo=False
        program.model.metadata_props[METADATA_KEY] = prepared.metadata
        file.write(program.model_proto.SerializeToString())

    return write_checked(path, write, load_onnx)


def load_onnx(path: Path) -> ExportedModel:
    """Load an ONNX file into ONNX Runtime, on the CPU, and check it by the probe.

    Raises:
        UserError: no such file, damaged, not written by :func:`export_onnx`, or not the network that was exported.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except UNREADABLE as error:
        raise UserError(f"{path}: not a readable ONNX file ({first_line(error)}); copy the file again") from None
    about = from_json(session.get_modelmeta().custom_metadata_map.get(METADATA_KEY), "onnx", path)
    try:
        return verified(path, about, as_function(session))
    except NOT_RUNNABLE as error:
        raise UserError(f"{path}: a damaged ONNX file ({first_line(error)}); export the model again") from None


def as_function(session: onnxruntime.InferenceSession) -> Callable[[Tensor], Tensor]:
    """Make a session a function of tensors."""

    def run(images: Tensor) -> Tensor:
        (logits,) = session.run([OUTPUT], {INPUT: images.detach().numpy()})
        return torch.from_numpy(logits)

    return run
