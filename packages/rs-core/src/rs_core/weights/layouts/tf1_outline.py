"""Which network a TF1 checkpoint holds, although its layers have only numbers.

Batch norms tell blocks and widths: they have four variables each, so that a missing one hides nothing. A selective
kernel adds one to its block, squeeze-and-excitation adds none; its two convolutions are the ones with a bias.
"""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Mapping

from rs_core.errors import UserError
from rs_core.models.config import ResNetConfig
from rs_core.models.layers import selection_width
from rs_core.weights.check import shortened
from rs_core.weights.layouts.architecture import Outline, config_of, most_common

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

BATCH_NORM_NAME = re.compile(r"batch_normalization(?:_(\d+))?/\w+")
LONGEST_STEM = 4
RELEASED_SK_RATIO = 0.0625
NOT_READ = "TF1 networks of basic blocks (18 and 34 layers) and pre-activation ones are not of this family"


def tf1_config(shapes: Shapes, source: str) -> ResNetConfig:
    """Find the network from the shapes of one set of weights, raw or averaged, by names without a suffix.

    Raises:
        UserError: no bottleneck network of this family.
    """
    norms = batch_norm_widths(shapes, source)
    num_stem_layers = stem_length(norms, source)
    stages = bottleneck_stages(norms[num_stem_layers:], source)
    widths = tuple(block[0] for _, block in stages)
    is_deep = num_stem_layers >= 3
    first_kernel = shapes.get("conv2d/kernel", ())
    outline = Outline(
        block="bottleneck",
        blocks=tuple(count for count, _ in stages),
        widths=widths,
        squeezed=squeezed_widths(shapes, widths),
        stem=norms[: 3 if is_deep else 1],
        stem_downsampling="conv" if num_stem_layers in (2, 4) else "max_pool",
        downsampling="D" if is_deep else "B",
        in_channels=first_kernel[2] if len(first_kernel) == 4 else 3,
        num_classes=most_common(shape[-1] for name, shape in shapes.items() if name.startswith("dense/") and shape),
    )
    config = config_of(outline, source)
    if config.stem_downsampling == "max_pool":
        # The released max-pool pads as TensorFlow does, while the convolutions pad symmetrically.
        config = dataclasses.replace(config, stem_pool_padding="same")
    reduced = tuple(block[2] for _, block in stages if len(block) == 4)
    if reduced:
        # Released networks with selective kernels pool in every shortcut (google-research/simclr:resnet.py).
        ratio = selection_ratio(reduced, widths, source)
        config = dataclasses.replace(config, sk_ratio=ratio, pool_every_shortcut=True)
    return config


def batch_norm_widths(shapes: Shapes, source: str) -> tuple[int, ...]:
    """Give the width of every batch norm in creation order.

    Raises:
        UserError: a number is missing, or there are none.
    """
    widths: defaultdict[int, list[int]] = defaultdict(list)
    for name, shape in shapes.items():
        match = BATCH_NORM_NAME.fullmatch(name)
        if match and len(shape) == 1:
            widths[int(match[1] or 0)].append(shape[0])
    missing = [number for number in range(max(1, len(widths))) if number not in widths]
    if missing:
        names = [f"batch_normalization_{number}" if number else "batch_normalization" for number in missing]
        raise UserError(f"{source} lack {shortened(names)}; copy the file again")
    return tuple(most_common(widths[number]) for number in sorted(widths))


def stem_length(norms: tuple[int, ...], source: str) -> int:
    """Give the number of layers before the first block, which begins with its shortcut.

    Raises:
        UserError: there is no bottleneck block near the input.
    """
    for start in range(1, LONGEST_STEM + 1):
        if first_block(norms[start:]):
            return start
    raise UserError(f"{source} begin with batch norms of {norms[:8]} channels, not with bottlenecks; {NOT_READ}")


def first_block(norms: Shape) -> Shape:
    """Give the widths of the norms of a stage's first block, without its shortcut's, which is the first of ``norms``.

    They are those of three convolutions; with a selective kernel, the second is twice as wide, and the norm of the
    reduced width comes after it. Nothing where there is no bottleneck.
    """
    match norms[:5]:
        case [outer, inner, middle, last, *_] if (inner, middle, last) == (outer // 4, outer // 4, outer):
            return norms[1:4]
        case [outer, inner, middle, _, last] if (inner, middle, last) == (outer // 4, outer // 2, outer):
            return norms[1:5]
    return ()


def bottleneck_stages(norms: Shape, source: str) -> list[tuple[int, Shape]]:
    """Give for every stage the number of blocks and the widths of the norms in each, as in ``first_block``.

    Raises:
        UserError: a sequence that bottleneck blocks do not make.
    """
    stages = []
    while norms:
        block = first_block(norms)
        if not block:
            said = f"batch norms of {norms[:4]} channels where a stage should begin"
            raise UserError(f"{source} have {said}; {NOT_READ}, or copy the file again")
        norms = norms[1:]
        num_blocks = 0
        while norms[: len(block)] == block:
            num_blocks += 1
            norms = norms[len(block) :]
        stages.append((num_blocks, block))
    return stages


def selection_ratio(reduced: Shape, widths: Shape, source: str) -> float:
    """Give a ratio that makes the reduced widths of selective kernels: the released one where it does.

    Where they have their least width, shapes do not tell the ratio.

    Raises:
        UserError: there is none.
    """
    for ratio in (RELEASED_SK_RATIO, *(r / width for r, width in zip(reduced, widths, strict=False))):
        if reduced == tuple(selection_width(width, ratio) for width in widths):
            return ratio
    raise UserError(
        f"{source} have selective kernels of reduced widths {reduced} in c2 to c5, which no single ratio gives: not a "
        "network of this family"
    )


def squeezed_widths(shapes: Shapes, widths: tuple[int, ...]) -> tuple[int, ...]:
    """Give the squeezed width of every stage, nothing without squeeze-and-excitation."""
    squeezed: defaultdict[int, list[int]] = defaultdict(list)
    for name, bias in shapes.items():
        if name.startswith("conv2d") and name.endswith("/bias"):
            kernel = shapes.get(name.removesuffix("bias") + "kernel", ())
            num_inputs, num_outputs = kernel[2:] if len(kernel) == 4 else (0, 0)
            narrow, wide = sorted((num_inputs, num_outputs))
            squeezed[wide] += [narrow, *bias] if num_outputs == narrow else [narrow]
    return tuple(most_common(squeezed[4 * width]) for width in widths) if squeezed else ()
