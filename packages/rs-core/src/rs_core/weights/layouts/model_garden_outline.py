"""Which network a Model Garden checkpoint holds, from the paths and shapes of its variables.

A backbone's layers are numbered in creation order: a convolution and a batch norm in turn for the stem, then one
layer for every block.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rs_core.errors import UserError
from rs_core.models.config import STAGE_WIDTHS, NetworkConfig, ResNetConfig
from rs_core.models.config3d import ResNet3dConfig
from rs_core.weights.layouts.architecture import Outline, common_factor, config_of, most_common, stem_fields

Shape = tuple[int, ...]
Block = dict[str, Shape]
"""Variables of one block by their path inside it, such as ``_conv1/kernel``."""

LAYER = re.compile(r"backbone/layer_with_weights-(\d+)/(.+)")
HEAD_BIAS = "model/layer_with_weights-1/bias"
SQUEEZED = "_squeeze_excitation/_se_reduce/kernel"
SELF_GATING = "_self_gating/_transformer_w/kernel"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The kernels of the stem in order, the blocks of each stage, and the number of classes."""

    stem: list[Shape]
    stages: list[list[Block]]
    num_classes: int

    def widths(self, path: str) -> tuple[int, ...]:
        """Give for each stage the last extent that most of its blocks' variables of this path have, else 0."""
        return tuple(most_common(extents(blocks, path, -1)) for blocks in self.stages)

    def has(self, path: str) -> bool:
        """Say whether any block has a variable of this path."""
        return any(path in block for blocks in self.stages for block in blocks)


def garden_config(shapes: Mapping[str, Shape], source: str) -> NetworkConfig:
    """Find the network from the shapes of one set of variables, by their paths without suffixes.

    Raises:
        UserError: no residual network of this family.
    """
    parts = split(shapes, source)
    return clip_config(parts, source) if len(parts.stem[0]) == 5 else image_config(parts, source)


def image_config(parts: Parts, source: str) -> ResNetConfig:
    """Give the network of images; what shapes do not tell is as in the released ResNet-RS and plain ResNets."""
    is_deep = parts.stem[0][0] == 3
    num_convs = 3 if is_deep else 1
    replaces_pool = len(parts.stem) > num_convs
    is_pooled_shortcut = parts.has("_shortcut1/kernel")
    outline = Outline(
        block="bottleneck" if parts.has("_conv3/kernel") else "basic",
        blocks=tuple(map(len, parts.stages)),
        widths=parts.widths("_conv1/kernel"),
        squeezed=parts.widths(SQUEEZED) if parts.has(SQUEEZED) else (),
        stem=tuple(kernel[-1] for kernel in parts.stem[:num_convs]),
        stem_downsampling="conv" if replaces_pool else "max_pool",
        downsampling="D" if is_pooled_shortcut else "B",
        in_channels=parts.stem[0][-2],
        num_classes=parts.num_classes,
    )
    return dataclasses.replace(
        config_of(outline, source),
        activation="silu" if outline.squeezed else "relu",
        padding="same",
        stem_pool_padding="symmetric" if replaces_pool else "same",
        pool_every_shortcut=is_pooled_shortcut,
        zero_gamma=False,
        init="tf2",
    )


def clip_config(parts: Parts, source: str) -> ResNet3dConfig:
    """Give the network of clips; temporal strides are as in the released R3D-RS and R3D-50.

    Raises:
        UserError: widths that are not of this family.
    """
    widths = parts.widths("_temporal_conv/kernel")
    multiplier = common_factor(widths, STAGE_WIDTHS, f"{source} have inner widths")
    se_ratio = 0.0
    if parts.has(SQUEEZED):
        outer = [4 * width for width in widths]
        se_ratio = common_factor(parts.widths(SQUEEZED), outer, f"{source} have squeezed widths")
    is_deep = parts.stem[0][1] == 3
    is_gated = parts.has(SELF_GATING)
    return ResNet3dConfig(
        blocks=tuple(map(len, parts.stages)),  # type: ignore[arg-type]  # four, as checked
        width_multiplier=multiplier,
        in_channels=parts.stem[0][-2],
        se_ratio=se_ratio,
        num_classes=parts.num_classes,
        stem="deep" if is_deep else "7x7",
        stem_temporal_kernel_size=parts.stem[0][0],
        # Model Garden's own R3D-50, which alone has self-gating behind a 7x7 stem, pools over time.
        pool_temporal_stride=2 if is_gated and not is_deep else 1,
        temporal_kernel_sizes=tuple(map(repeated, parts.stages)),  # type: ignore[arg-type]  # four, as checked
        self_gating="before_se" if is_gated else "none",
        **stem_fields(tuple(kernel[-1] for kernel in parts.stem), multiplier),
    )


def split(shapes: Mapping[str, Shape], source: str) -> Parts:
    """Sort variables into stem and stages.

    Raises:
        UserError: no stem, or not four stages.
    """
    layers: dict[int, Block] = {}
    for name, shape in shapes.items():
        if match := LAYER.fullmatch(name):
            layers.setdefault(int(match[1]), {})[match[2]] = shape
    in_order = [layers[number] for number in sorted(layers)]
    stem = [layer["kernel"] for layer in in_order if len(layer.get("kernel", ())) in (4, 5)]
    blocks = [layer for layer in in_order if any(path.startswith("_") for path in layer)]
    stages: list[list[Block]] = []
    for block in blocks:
        if not stages or any(path.startswith(("_shortcut", "_norm0")) for path in block):
            stages.append([])
        stages[-1].append(block)
    if not stem or len(stages) != len(STAGE_WIDTHS):
        raise UserError(
            f"{source} have a stem of {len(stem)} convolutions and {len(stages)} stages of blocks, not four: "
            "not a residual network of ours"
        )
    return Parts(stem=stem, stages=stages, num_classes=(shapes.get(HEAD_BIAS) or (0,))[0])


def extents(blocks: Iterable[Block], path: str, axis: int) -> Iterator[int]:
    """Give one axis of every block's variable of this path."""
    return (block[path][axis] for block in blocks if block.get(path))


def repeated(blocks: Iterable[Block]) -> tuple[int, ...]:
    """Give the temporal kernel sizes of a stage as the shortest sequence that its blocks repeat."""
    sizes = tuple(extents(blocks, "_temporal_conv/kernel", 0))
    lengths = range(1, len(sizes) + 1)
    return next((sizes[:n] for n in lengths if all(size == sizes[i % n] for i, size in enumerate(sizes))), (1,))
