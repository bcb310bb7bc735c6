"""Models of pytorchvideo's zoo through our backbone contract."""

import torch
from torch import Tensor, nn

from rs_core.bench.cost import meta_copy
from rs_core.errors import UserError
from rs_core.models import FeatureInfo

STAGES = ("c2", "c3", "c4", "c5")

# A clip that every stride of the zoo's models divides; it has no values and costs nothing.
PROBE_FRAMES, PROBE_PIXELS = 64, 224


class PytorchvideoBackbone(nn.Module):
    """A network of pytorchvideo as a :class:`rs_core.models.Backbone`: ``model(x)`` gives logits, features are c2…c5.

    What fits is a list ``blocks`` of a stem, four residual stages, poolings between them and a head: ``create_resnet``,
    ``create_x3d``, ``create_csn``, ``create_r2plus1d`` and the hub's ``slow_r50``, ``c2d_r50``, ``i3d_r50``,
    ``csn_r101``, ``r2plus1d_r50``, ``x3d_xs`` to ``x3d_l``. A feature is the output of its stage, before any pool.
    What does not fit is refused: the two pathways of SlowFast, detectors, which want boxes, and MViT, which has no
    stages of maps.

    The model is used, not copied, and its weights keep their names below ``model.``. Its head decides which clips it
    takes: create_resnet's default one pools 4x7x7 positions, so clips are at least 4 frames of 224 pixels; give
    ``head_pool_kernel_size`` for others. Features have no such limit.

    >>> from pytorchvideo.models import create_resnet
    >>> backbone = PytorchvideoBackbone(create_resnet(model_num_class=10, head_pool_kernel_size=(1, 1, 1))).eval()
    >>> [(f.name, f.channels, f.temporal_stride, f.stride) for f in backbone.feature_info]
    [('c2', 256, 1, 4), ('c3', 512, 1, 8), ('c4', 1024, 1, 16), ('c5', 2048, 1, 32)]
    >>> backbone(torch.zeros(1, 3, 4, 64, 64)).shape
    torch.Size([1, 10])

    Args:
        model: what pytorchvideo's builders give.

    Raises:
        UserError: a model that does not fit, or whose head ends in probabilities where a loss wants logits.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        blocks = _blocks(model)
        stage_places = [place for place, block in enumerate(blocks) if _is_stage(block)]
        if len(stage_places) != len(STAGES):
            raise UserError(
                f"{type(model).__name__}: has {len(stage_places)} residual stages where a backbone has four; "
                "build it with create_resnet, create_x3d, create_csn or create_r2plus1d"
            )
        _refuse_probabilities(blocks[-1])
        self.model = model
        self._name_of_place = dict(zip(stage_places, STAGES, strict=True))
        self.feature_info = _describe(model, self._name_of_place)
        self.num_features = self.feature_info[-1].channels

    def forward_features(self, x: Tensor) -> dict[str, Tensor]:
        """Map clips ``[N, 3, T, H, W]`` to the maps that ``feature_info`` describes, finest first."""
        return _features(_blocks(self.model), self._name_of_place, x)

    def forward_head(self, x: Tensor) -> Tensor:
        """Map the last feature map ``[N, num_features, …]`` to logits ``[N, num_classes]``."""
        for block in _blocks(self.model)[max(self._name_of_place) + 1 :]:
            x = block(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Map clips ``[N, 3, T, H, W]`` to logits ``[N, num_classes]``."""
        return self.forward_head(self.forward_features(x)[STAGES[-1]])


def _blocks(model: nn.Module) -> nn.ModuleList:
    blocks = getattr(model, "blocks", None)
    if not isinstance(blocks, nn.ModuleList):
        raise UserError(f"{type(model).__name__}: has no list of blocks; give a classifier of pytorchvideo.models")
    if any(hasattr(block, "multipathway_blocks") for block in blocks):
        raise UserError(
            f"{type(model).__name__}: has several pathways, and a backbone takes one clip; give one such as slow_r50"
        )
    return blocks


def _is_stage(block: nn.Module) -> bool:
    return isinstance(getattr(block, "res_blocks", None), nn.ModuleList)


def _refuse_probabilities(head: nn.Module) -> None:
    activation = getattr(head, "activation", None)
    if isinstance(activation, nn.Softmax | nn.Sigmoid):
        raise UserError(
            f"the head ends in {type(activation).__name__}, and a loss wants logits; "
            "build the model with head_activation=None, which changes no weight"
        )


def _features(blocks: nn.ModuleList, name_of_place: dict[int, str], x: Tensor) -> dict[str, Tensor]:
    features = {}
    for place, block in enumerate(blocks[: max(name_of_place) + 1]):
        x = block(x)
        if place in name_of_place:
            features[name_of_place[place]] = x
    return features


def _describe(model: nn.Module, name_of_place: dict[int, str]) -> tuple[FeatureInfo, ...]:
    """Read channels and strides off the maps of a clip without values."""
    twin = meta_copy(model).eval()
    clip = torch.empty(1, 3, PROBE_FRAMES, PROBE_PIXELS, PROBE_PIXELS, device="meta")
    with torch.no_grad():
        features = _features(_blocks(twin), name_of_place, clip)
    return tuple(
        FeatureInfo(
            name=name,
            channels=feature.shape[1],
            stride=PROBE_PIXELS // feature.shape[-1],
            temporal_stride=PROBE_FRAMES // feature.shape[2],
        )
        for name, feature in features.items()
    )
