"""Which 2D network a layout holds whose names say where a layer stands, once they are turned to ours."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from rs_core.errors import UserError
from rs_core.models.config import STAGES, Block, Downsampling, ResNetConfig
from rs_core.weights.layouts.architecture import Outline, config_of, most_common

Shape = tuple[int, ...]

STEM = "stem"
DEEP_STEM_LENGTH = 3
INNER_LAYERS = ("conv1", "bn1", "conv2", "bn2")


class Named(NamedTuple):
    """The shape of one tensor and where it stands: stage ``c2`` or ``stem``, number of the block, layer in it."""

    stage: str
    block: str
    layer: str
    shape: Shape


def named_config(shapes: Mapping[str, Shape], downsampling: Downsampling, source: str) -> ResNetConfig:
    """Find the network from shapes in PyTorch's order of axes, by our keys.

    Every number is what most tensors say, so one that is missing or misshapen does not change the network and is
    named when all shapes are compared. Other names may be among them.

    Args:
        shapes: shapes by keys such as ``stages.c2.0.conv1.weight``.
        downsampling: how stages halve the size, which shapes do not tell.
        source: what an error calls the tensors.

    Raises:
        UserError: a stem or blocks that this family does not have.
    """
    tensors = list(named(shapes))
    widths = tuple(width(tensors, stage, INNER_LAYERS) for stage in STAGES)
    squeezed = tuple(squeezed_width(tensors, stage) for stage in STAGES)
    block: Block = "bottleneck" if any(t.layer == "conv3" for t in tensors if t.stage != STEM) else "basic"
    refuse_other_blocks(tensors, dict(zip(STAGES, widths, strict=True)), source)
    stem = stem_widths(tensors, source)
    num_convolutions = DEEP_STEM_LENGTH if len(stem) >= DEEP_STEM_LENGTH else 1
    outline = Outline(
        block=block,
        blocks=tuple(len({t.block for t in tensors if t.stage == stage}) for stage in STAGES),
        widths=widths,
        squeezed=squeezed if any(squeezed) else (),
        stem=stem[:num_convolutions],
        stem_downsampling="conv" if len(stem) > num_convolutions else "max_pool",
        downsampling=downsampling,
        in_channels=most_common((t.shape[1] for t in kernels(tensors, "conv1") if t.stage == STEM), default=3),
        num_classes=most_common(shape[0] for key, shape in shapes.items() if key.startswith("classifier.") and shape),
    )
    return config_of(outline, source)


def named(shapes: Mapping[str, Shape]) -> Iterator[Named]:
    """Give the tensors of stem and blocks, without those that are single numbers."""
    for key, shape in shapes.items():
        match key.split("."):
            case ["stem", layer, _] if shape:
                yield Named(STEM, "", layer, shape)
            case ["stages", stage, block, *layer, _] if shape:
                yield Named(stage, block, ".".join(layer), shape)


def width(tensors: Iterable[Named], stage: str, layers: Iterable[str]) -> int:
    """Give the width that most tensors of some layers of a stage have, 0 without any."""
    return most_common(t.shape[0] for t in tensors if t.stage == stage and t.layer in layers)


def squeezed_width(tensors: Iterable[Named], stage: str) -> int:
    """Give the squeezed width that most tensors of a stage have, 0 without squeeze-and-excitation."""
    inside = [t for t in tensors if t.stage == stage]
    outputs = [t.shape[0] for t in inside if t.layer == "se.reduce"]
    inputs = [t.shape[1] for t in inside if t.layer == "se.expand" and len(t.shape) > 1]
    return most_common(outputs + inputs)


def kernels(tensors: Iterable[Named], layer: str) -> list[Named]:
    """Give the convolution kernels of a layer."""
    return [t for t in tensors if t.layer == layer and len(t.shape) == 4]


def stem_widths(tensors: Iterable[Named], source: str) -> Shape:
    """Give the widths of the stem's convolutions: one, or three, and one that replaces the pool.

    Raises:
        UserError: no stem, or one that strides in a way that shapes do not tell.
    """
    found = [t for t in tensors if t.stage == STEM]
    if not found:
        raise UserError(f"{source} have no stem; give the whole network")
    numbers = {t.layer.removeprefix("conv").removeprefix("bn") for t in found}
    widths = tuple(width(found, STEM, [f"conv{i}", f"bn{i}"]) for i in range(1, len(numbers) + 1))
    sizes = [t.shape[-1] for t in kernels(found, "conv1")]
    if len(widths) < DEEP_STEM_LENGTH and sizes not in ([], [7]):
        raise UserError(
            f"{source} begin with a {sizes[0]}x{sizes[0]} convolution, and shapes do not tell how it strides; "
            "build the network and use rs_core.weights.from_timm"
        )
    return widths


def refuse_other_blocks(tensors: list[Named], widths: Mapping[str, int], source: str) -> None:
    """Refuse grouped convolutions and bottlenecks that widen by another factor than four.

    Raises:
        UserError: blocks of another family.
    """
    inner = [t for t in kernels(tensors, "conv2") if t.stage in widths]
    outer = [t for t in kernels(tensors, "conv3") if t.stage in widths]
    if most_common(t.shape[1] != widths[t.stage] for t in inner):
        raise UserError(f"{source} have grouped convolutions: a ResNeXt, which is not a network of this family")
    if most_common(t.shape[0] != 4 * widths[t.stage] for t in outer):
        raise UserError(f"{source} have wide bottlenecks: a wide ResNet, which is not a network of this family")
