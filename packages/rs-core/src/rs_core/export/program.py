"""A ``torch.export`` program: the folded network as a graph that runs, compiles and converts without our code."""

from pathlib import Path
from typing import BinaryIO

import torch
from torch._export.verifier import SpecViolationError

from rs_core.errors import UserError
from rs_core.export.archive import EXTRA_FILE, read_safely
from rs_core.export.damage import first_line
from rs_core.export.description import Dtype, from_json
from rs_core.export.exported import ExportedModel, verified, write_checked
from rs_core.export.prepare import prepare, size_step
from rs_core.export.quiet import quiet
from rs_core.export.trace import trace
from rs_core.weights.release import PretrainedModel

# torch.export.load looks nothing over before it uses it, so damage shows as whatever it leads to.
DAMAGE = (
    *(RuntimeError, ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError),
    SpecViolationError,
)


def export_program(
    pretrained: PretrainedModel,
    path: Path,
    resolution: int = 0,
    *,
    num_frames: int = 0,
    dtype: Dtype = "float32",
    dynamic_size: bool = False,
) -> ExportedModel:
    """Write a ``.pt2`` file for any batch size, which ``load_exported`` and ``torch.export.load`` read.

    ``resolution``: pixels a side, 0 for that of the model's preprocessing. ``num_frames``: of a clip, for a network of
    clips. ``dynamic_size``: height and width may then be any multiples of the network's stride from twice up, 64, 96,
    128 and so on; tracing a network with TensorFlow's "same" padding takes minutes then.

    Raises:
        UserError: a value out of range, a path that cannot be written, or a file that answers otherwise than the
            network. In each case ``path`` is as it was.
    """
    step = size_step(pretrained.model, dynamic=dynamic_size)
    prepared = prepare(pretrained, "program", resolution, num_frames=num_frames, dtype=dtype, size_step=step)

    def write(file: BinaryIO) -> None:
        program = trace(prepared.network, prepared.contract)
        with quiet("torch.export"):  # weights in channels-last memory are not contiguous, and need not be
            torch.export.save(program, file, extra_files={EXTRA_FILE: prepared.metadata})

    return write_checked(path, write, load_program)


def load_program(path: Path) -> ExportedModel:
    """Load a program and check it by the probe.

    The file is safe to load whoever wrote it: see :mod:`rs_core.export.archive`. That does not hold for
    ``torch.export.load``, which runs pickles and more.

    Raises:
        UserError: damaged, not written by :func:`export_program`, holding code, or not the network that was exported.
    """
    archive, metadata = read_safely(path)
    about = from_json(metadata, "program", path)
    try:
        with quiet("torch.export"):
            module = torch.export.load(archive).module()
        return verified(path, about, module)
    except DAMAGE as error:
        raise UserError(
            f"{path}: a damaged torch.export program ({first_line(error)}); export the model again"
        ) from None
