"""Fused inference weights: the folded network as one safetensors file, which needs neither tracing nor extras."""

from pathlib import Path

import torch
from safetensors.torch import save

from rs_core.export.description import METADATA_KEY, TORCH_DTYPES, Dtype, from_json
from rs_core.export.exported import ExportedModel, verified, write_checked
from rs_core.export.fold import fold_batch_norm
from rs_core.export.inference import InferenceModel
from rs_core.export.prepare import prepare
from rs_core.models import build_model
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
    with torch.device("meta"):
        network = fold_batch_norm(build_model(about.config))
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    check_shapes(file.shapes, wanted, source=f"the weights in {path}")
    network.load_state_dict(dict(file), assign=True)
    return verified(path, about, InferenceModel(network, dtype=dtype, path="eager fused"))
