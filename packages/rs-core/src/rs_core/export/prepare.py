"""What every export begins with: the network in its inference form, and its contract."""

import copy
from dataclasses import dataclass

import torch

from rs_core.choices import check_choice
from rs_core.errors import UserError
from rs_core.export.description import TORCH_DTYPES, Contract, Dtype, Kind, check_input_shape, to_json
from rs_core.export.inference import InferenceModel, optimize_for_inference
from rs_core.export.probe import make_probe
from rs_core.models import NetworkConfig, ResidualNetwork, ResNet3dConfig
from rs_core.weights.release import PretrainedModel


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A network folded, frozen and cast, in channels-last memory; its contract; and the metadata for its file."""

    network: InferenceModel
    contract: Contract
    metadata: str


def prepare(
    pretrained: PretrainedModel, kind: Kind, resolution: int, *, num_frames: int, dtype: Dtype, size_step: int
) -> Prepared:
    """Fold a copy of the network on the CPU and record what the network itself answers to the probe.

    ``resolution``: 0 for that of the model's preprocessing. ``num_frames``: of a clip, 0 for a network of images.

    Raises:
        UserError: a value out of range, or logits that are not finite.
    """
    check_choice("dtype", dtype, Dtype)
    resolution = resolution or pretrained.preprocessing.resolution
    input_shape = sample_shape(pretrained.model.config, resolution, num_frames)
    if size_step and (resolution % size_step or resolution < 2 * size_step):
        raise UserError(f"resolution={resolution}: give a multiple of {size_step} from {2 * size_step} pixels up")
    model = copy.deepcopy(pretrained.model).to("cpu", torch.float32).eval()
    probe = make_probe(model, input_shape, TORCH_DTYPES[dtype])
    contract = Contract(kind=kind, dtype=dtype, input_shape=input_shape, size_step=size_step, probe=probe)
    network = optimize_for_inference(model, dtype=TORCH_DTYPES[dtype], compile=False)
    return Prepared(network=network, contract=contract, metadata=to_json(pretrained, contract))


def sample_shape(config: NetworkConfig, resolution: int, num_frames: int) -> tuple[int, ...]:
    """Give the shape of one image or clip.

    Raises:
        UserError: no pixels or too many, frames for a network of images, or none for a network of clips.
    """
    takes_clips = isinstance(config, ResNet3dConfig)
    if resolution < 1:
        raise UserError(f"resolution={resolution}: give at least 1 pixel")
    if takes_clips != (num_frames > 0):
        need = "clips, so give how many frames, such as 32" if takes_clips else "images, so give 0"
        raise UserError(f"num_frames={num_frames}: the network takes {need}")
    frames = (num_frames,) if takes_clips else ()
    shape = (config.in_channels, *frames, resolution, resolution)
    check_input_shape(shape, config)
    return shape


def size_step(model: ResidualNetwork, *, dynamic: bool) -> int:
    """Give the step of height and width for a contract; 0 for one size alone."""
    return model.feature_info[-1].stride if dynamic else 0
