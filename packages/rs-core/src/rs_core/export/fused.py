"""Fused inference weights: the folded network as one safetensors file, which needs neither tracing nor extras."""

from pathlib import Path

from safetensors.torch import save

from rs_core.errors import UserError
from rs_core.export.damage import first_line
from rs_core.export.description import METADATA_KEY, TORCH_DTYPES, Dtype, from_json
from rs_core.export.exported import ExportedModel, verified, write_checked
from rs_core.export.fold import fold_batch_norm
from rs_core.export.inference import InferenceModel
from rs_core.export.prepare import prepare
from rs_core.export.skeleton import skeleton
from rs_core.weights.check import check_shapes
from rs_core.weights.files import open_tensors
from rs_core.weights.release import PretrainedModel


def export_fused(
    pretrained: PretrainedModel,
    path: Path,
    resolution: int = 0,
    *,
    num_frames: int = 0,
    dtype: Dtype = "float32",
) -> ExportedModel:
    """Write the weights with every batch norm folded into its convolution, in the precision that they run in.

    ``resolution`` (0: that of the model's preprocessing) and ``num_frames`` (for a network of clips) are those of the
    probe: the network takes any size.

    Raises:
        UserError: a value out of range, a path that cannot be written, or a file that answers otherwise than the
            network. In each case ``path`` is as it was.
    """
    prepared = prepare(pretrained, "fused", resolution, num_frames=num_frames, dtype=dtype, size_step=1)
    tensors = {name: tensor.contiguous() for name, tensor in prepared.network.network.state_dict().items()}
    metadata = {METADATA_KEY: prepared.metadata, "format": "pt"}
    return write_checked(path, lambda file: file.write(save(tensors, metadata)), load_fused)


def load_fused(path: Path) -> ExportedModel:
    """Build the network that the file describes, load the weights into it and check it by the probe.

    ``network`` of the result is an :class:`InferenceModel`: it has features, too, and moves to other devices.

    Raises:
        UserError: damaged, not written by :func:`export_fused`, or not the network that was exported.
    """
    file = open_tensors(path)
    about = from_json(file.metadata.get(METADATA_KEY), "fused", path)
    dtype = TORCH_DTYPES[about.contract.dtype]
    network = fold_batch_norm(skeleton(about.config))
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    check_shapes(file.shapes, wanted, source=f"the weights in {path}")
    weights = dict(file)
    if any(tensor.dtype != dtype for tensor in weights.values()):
        raise UserError(f"{path}: not all weights are {about.contract.dtype} as described; export the model again")
    network.load_state_dict(weights, assign=True)
    try:
        return verified(path, about, InferenceModel(network, dtype=dtype, path="eager fused"))
    except (RuntimeError, TypeError) as error:  # such as strides past 64 bits
        raise UserError(f"{path}: damaged fused weights ({first_line(error)}); export the model again") from None
