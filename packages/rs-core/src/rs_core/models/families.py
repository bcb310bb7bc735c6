"""The one table of networks: depth tables, family styles, and the rows that they make.

Depths: tensorflow/tpu:models/official/resnet/resnet_model.py; 300 and 400 from the paper's appendix E; those of clips
tensorflow/models:official/vision/modeling/backbones/resnet_3d.py.
"""

from typing import Any

from rs_core.errors import UserError
from rs_core.models.config import Block, NetworkConfig, ResNetConfig
from rs_core.models.config3d import ResNet3dConfig

DEPTHS: dict[int, tuple[Block, tuple[int, int, int, int]]] = {
    18: ("basic", (2, 2, 2, 2)),
    # Model Garden's 26 is basic (3, 3, 3, 3); the paper's study scales bottlenecks, and timm's 26 is this one.
    26: ("bottleneck", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
    200: ("bottleneck", (3, 24, 36, 3)),
    270: ("bottleneck", (4, 29, 53, 4)),
    300: ("bottleneck", (4, 36, 54, 4)),
    350: ("bottleneck", (4, 36, 72, 4)),
    400: ("bottleneck", (6, 48, 72, 6)),
    420: ("bottleneck", (4, 44, 87, 4)),
}

STYLES: dict[str, dict[str, Any]] = {
    # He et al. 2015 with the stride on the 3x3, as torchvision, timm and the released code have it.
    "resnet": {"stem": "7x7", "stem_downsampling": "max_pool", "downsampling": "B", "se_ratio": 0.0},
    # Bag of Tricks (arXiv 1812.01187) keeps the max-pool that ResNet-RS replaces.
    "resnet_d": {"stem": "deep", "stem_downsampling": "max_pool", "downsampling": "D", "se_ratio": 0.0},
    "resnet_rs": {"stem": "deep", "stem_downsampling": "conv", "downsampling": "D", "se_ratio": 0.25},
}

STYLES_3D: dict[str, dict[str, Any]] = {
    # The baseline of the paper and of CVRL (tensorflow/models:official/projects/video_ssl). Model Garden's default
    # R3D-50, unlike it, has self-gating, temporal kernels of 3 and 1 in turn and a pool of stride 2 in time.
    "r3d": {"stem": "7x7", "self_gating": "none", "se_ratio": 0.0},
    "r3d_rs": {"stem": "deep", "self_gating": "before_se", "se_ratio": 0.25},
}

DEPTHS_3D = (50, 101, 152, 200, 270, 300, 350)

# The released code ignores SE and ResNet-D below 50 layers, so ResNet-RS starts there.
SHALLOWEST_RS = 50

IMAGE_FAMILIES: dict[str, ResNetConfig] = {
    f"{style}_{depth}": ResNetConfig(block=block, blocks=blocks, **options)
    for style, options in STYLES.items()
    for depth, (block, blocks) in DEPTHS.items()
    if style != "resnet_rs" or depth >= SHALLOWEST_RS
}

CLIP_FAMILIES: dict[str, ResNet3dConfig] = {
    f"{style}_{depth}": ResNet3dConfig(blocks=DEPTHS[depth][1], **options)
    for style, options in STYLES_3D.items()
    for depth in DEPTHS_3D
}

FAMILIES: dict[str, NetworkConfig] = {**IMAGE_FAMILIES, **CLIP_FAMILIES}


def blocks_for_depth(depth: int) -> tuple[int, int, int, int]:
    """Give bottleneck counts for any depth of 50 layers and more.

    A depth of the table gets its row. Between rows, c3 and c4 of the next smaller row grow at their own ratio,
    which is how the paper grows its rows from 270 on (appendix D); these layouts are ours, not the paper's.

    >>> blocks_for_depth(200), blocks_for_depth(240)
    ((3, 24, 36, 3), (3, 29, 44, 3))

    Raises:
        UserError: a depth below 50.
    """
    rows = {d: blocks for d, (kind, blocks) in DEPTHS.items() if kind == "bottleneck" and d >= SHALLOWEST_RS}
    if depth in rows:
        return rows[depth]
    if depth < SHALLOWEST_RS:
        raise UserError(f"depth {depth}: below {SHALLOWEST_RS} layers name the blocks, such as (2, 2, 2, 2)")
    c2, c3, c4, c5 = rows[max(d for d in rows if d < depth)]
    num_middle = round((depth - 2) / 3) - c2 - c5
    grown_c3 = round(num_middle * c3 / (c3 + c4))
    return c2, grown_c3, num_middle - grown_c3, c5
