"""Every network of images of rs-core as a backbone of mmdetection and mmsegmentation."""

from typing import Any

import torch
from mmdet.registry import MODELS as MMDET_MODELS
from mmseg.registry import MODELS as MMSEG_MODELS
from torch import Tensor, nn

from rs_core.errors import UserError
from rs_core.models import ResidualNetwork, ResNet, build_model, freeze_batch_norm, image_model_config
from rs_core.models.config import STAGES
from rs_core.weights.initial import create_with_weights, rebuild
from rs_core.weights.pretrained import load_pretrained

PARTS = ("stem", *STAGES)


@MMDET_MODELS.register_module()
@MMSEG_MODELS.register_module()
class RSBackbone(nn.Module):
    """A network by name, with weights from anywhere, that gives c2 to c5 as a tuple.

    In a config of mm* it takes the place of the backbone, in one line::

        model = dict(backbone=dict(_delete_=True, type="RSBackbone", name="resnet_rs_50", weights="tf1-i160"))

    Names with bottlenecks give 256, 512, 1024 and 2048 channels at strides 4, 8, 16 and 32, as mm*'s own ResNet-50, so
    necks and heads stay as they are.

    >>> import torch
    >>> backbone = RSBackbone("resnet_rs_50", out_indices=(1, 3)).eval()
    >>> [tuple(c.shape) for c in backbone(torch.zeros(1, 3, 64, 64))]
    [(1, 512, 8, 8), (1, 2048, 2, 2)]

    Args:
        name: a row of ``rs_core.list_models()``; empty for the network that the weights are of.
        weights: a tag of published weights of that row, or any source of ``rs_core.load_pretrained``; empty for random
            ones.
        out_indices: which of c2 to c5 to give, ascending; stages after the last of them are left out.
        frozen_stages: how many parts do not learn: -1 none, 0 the stem, 1 the stem and c2, and so on.
        norm_eval: whether batch norm keeps its statistics everywhere.
        init_cfg: as mm* hands it to every part of a model; weights come by ``weights`` alone.
        overrides: fields of ``rs_core.models.ResNetConfig``, such as ``output_stride=8`` or ``drop_path_rate=0.1``.

    Raises:
        UserError: an unknown name or field, a value out of range, or weights that cannot be had or do not fit.
    """

    def __init__(
        self,
        name: str = "",
        *,
        weights: str = "",
        out_indices: tuple[int, ...] = (0, 1, 2, 3),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        init_cfg: None = None,
        **overrides: Any,
    ) -> None:
        super().__init__()
        if init_cfg is not None:
            raise UserError("RSBackbone takes weights=…, not init_cfg: a tag, a file, a run or a hub id")
        stages = list(out_indices)
        if not stages or stages != sorted(set(stages)) or not set(stages) <= set(range(len(STAGES))):
            raise UserError(f"out_indices={out_indices}: give some of 0, 1, 2 and 3, for c2 to c5, ascending")
        if not -1 <= frozen_stages <= len(STAGES):
            raise UserError(f"frozen_stages={frozen_stages}: give -1 (none), 0 (the stem) to 4 (all)")
        network = build_backbone(name, weights, overrides)
        for unused in STAGES[stages[-1] + 1 :]:
            del network.stages[unused]
        network.freeze(*[part for part in PARTS[: frozen_stages + 1] if part == "stem" or part in network.stages])
        if norm_eval:
            freeze_batch_norm(network)
        self.network = network.to(memory_format=torch.channels_last)
        self.given = tuple(STAGES[i] for i in stages)
        self.feature_info = tuple(info for info in network.feature_info if info.name in self.given)

    def init_weights(self) -> None:
        """Leave the weights as they are; mm* calls this on every part of a model that is about to be trained."""

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Map images ``[N, 3, H, W]`` to the chosen feature maps, finest first."""
        features = self.network.forward_features(images.contiguous(memory_format=torch.channels_last))
        return tuple(features[name] for name in self.given)


def build_backbone(name: str, weights: str, overrides: dict[str, Any]) -> ResNet:
    """Build a network of images without a classifier.

    Raises:
        UserError: neither a name nor weights, or what ``create_model`` raises.
    """
    overrides = {**overrides, "num_classes": 0}
    if name and weights:
        network: ResidualNetwork = create_with_weights(name, weights, overrides)
    elif name:
        network = build_model(image_model_config(name, **overrides))
    elif weights:
        network = rebuild(load_pretrained(weights).model, overrides, weights)
    else:
        raise UserError("RSBackbone: give name, such as resnet_rs_50, or weights")
    if not isinstance(network, ResNet):
        raise UserError(f"weights={weights!r} are of a network of clips; give those of a network of images")
    return network
