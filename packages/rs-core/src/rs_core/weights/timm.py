"""Weights of pytorch-image-models: its resnet*, resnet*d and resnetrs* entries (timm/models/resnet.py)."""

from collections.abc import Mapping

from torch import Tensor

from rs_core.models.config import ResNetConfig
from rs_core.models.resnet import ResNet
from rs_core.weights.check import check_shapes

STAGES = {"c2": "layer1", "c3": "layer2", "c4": "layer3", "c5": "layer4"}
DEEP_STEM = {
    "conv1": "conv1.0",
    "bn1": "conv1.1",
    "conv2": "conv1.3",
    "bn2": "conv1.4",
    "conv3": "conv1.6",
    "bn3": "bn1",
    "conv4": "maxpool.0",
    "bn4": "maxpool.1",
}
SINGLE_STEM = {"conv1": "conv1", "bn1": "bn1", "conv2": "maxpool.0", "bn2": "maxpool.1"}


def from_timm(state_dict: Mapping[str, Tensor], model: ResNet) -> dict[str, Tensor]:
    """Turn timm's state dict into the state dict of ``model``; tensors are views where shapes agree.

    Raises:
        UserError: missing, extra or misshapen tensors, by timm's names. Nothing is loaded.
    """
    names = timm_names(model)
    ours = model.state_dict()
    wanted = {name: timm_shape(key, ours[key]) for key, name in names.items()}
    check_shapes({name: t.shape for name, t in state_dict.items()}, wanted, source="timm weights")
    return {key: state_dict[name].reshape(ours[key].shape) for key, name in names.items()}


def to_timm(state_dict: Mapping[str, Tensor], model: ResNet) -> dict[str, Tensor]:
    """Turn a state dict of ``model`` (its own, or its weight average) into timm's.

    The model is needed because timm numbers the layers of a ResNet-D shortcut differently.

    >>> from rs_core import create_model
    >>> model = create_model("resnet_rs_50")
    >>> "layer1.0.downsample.1.weight" in to_timm(model.state_dict(), model)
    True

    Raises:
        UserError: missing, extra or misshapen tensors, by our names.
    """
    wanted = {key: t.shape for key, t in model.state_dict().items()}
    check_shapes({key: t.shape for key, t in state_dict.items()}, wanted, source="weights")
    return {name: state_dict[key].reshape(timm_shape(key, state_dict[key])) for key, name in timm_names(model).items()}


def timm_names(model: ResNet) -> dict[str, str]:
    """Give timm's name for every key of the model's state dict."""
    return {key: timm_name(key, model.config) for key in model.state_dict()}


def timm_name(key: str, config: ResNetConfig) -> str:
    """Translate one key, such as ``stages.c2.0.se.reduce.weight`` to ``layer1.0.se.fc1.weight``."""
    part, *path, leaf = key.split(".")
    if part == "classifier":
        return f"fc.{leaf}"
    if part == "stem":
        stem = DEEP_STEM if config.stem == "deep" else SINGLE_STEM
        return f"{stem[path[0]]}.{leaf}"
    stage, number, *layer = path
    # With ResNet-D, a pool without weights comes first, also where the stride is 1.
    first = 1 if config.downsampling == "D" else 0
    renamed = {
        "shortcut.conv": f"downsample.{first}",
        "shortcut.bn": f"downsample.{first + 1}",
        "se.reduce": "se.fc1",
        "se.expand": "se.fc2",
    }
    own = ".".join(layer)
    return f"{STAGES[stage]}.{number}.{renamed.get(own, own)}.{leaf}"


def timm_shape(key: str, tensor: Tensor) -> tuple[int, ...]:
    """Give timm's shape: its squeeze-and-excitation layers are 1x1 convolutions, ours are linear."""
    is_se_weight = ".se." in key and key.endswith("weight")
    return (*tensor.shape, 1, 1) if is_se_weight else tuple(tensor.shape)
