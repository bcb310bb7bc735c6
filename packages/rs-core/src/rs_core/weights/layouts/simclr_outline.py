"""Which network and heads a SimCLR checkpoint holds (google-research/simclr:resnet.py and model_util.py)."""

import re
from collections import Counter
from collections.abc import Mapping

from rs_core.errors import UserError
from rs_core.models.config import ResNetConfig
from rs_core.models.projection import ProjectionHead
from rs_core.weights.layouts.architecture import most_common
from rs_core.weights.layouts.tf1 import MOMENTUM_SUFFIX, STEP
from rs_core.weights.layouts.tf1_outline import tf1_config

Shapes = Mapping[str, tuple[int, ...]]

BACKBONE = "base_model/"
CLASSIFIER = "head_supervised/linear_layer/"
PROJECTION = "head_contrastive/"
PROJECTION_LAYER = re.compile(rf"{PROJECTION}nl_(\d+)/")


def weights_of(shapes: Shapes, scope: str = "") -> dict[str, tuple[int, ...]]:
    """Give the shapes of the weights in a scope, without what only training needs."""
    return {name: shape for name, shape in shapes.items() if name.startswith(scope) and not kind_of_rest(name)}


def passed_over(shapes: Shapes) -> dict[str, int]:
    """Count what only training needs, by kind."""
    kinds = map(kind_of_rest, shapes)
    return dict(Counter(kind for kind in kinds if kind))


def kind_of_rest(name: str) -> str:
    """Say what a variable is that only training needs; empty for a weight.

    These names are left out by the released code too (README.md and colabs/load_and_inference.ipynb).
    """
    if name == STEP:
        return "step"
    if name.endswith(MOMENTUM_SUFFIX) or "LARSOptimizer" in name:
        return "momentum"
    if name.startswith("ema"):
        return "momentum encoder"
    return "memory of negatives" if "memory" in name else ""


def network_config(shapes: Shapes, source: str) -> ResNetConfig:
    """Find depth, width and classes; the variables are those of the TF1 layout in scopes.

    Raises:
        UserError: no network of this family.
    """
    stem, second = (shapes.get(f"{BACKBONE}{layer}/kernel", ()) for layer in ("conv2d", "conv2d_1"))
    # Only networks with selective kernels have a deep stem; in others the second convolution is a shortcut's.
    is_projection = len(second) == 4 and second[:2] == (1, 1)
    if is_projection and (stem[:2] == (3, 3) or second[2] == second[3]):
        raise UserError(
            f"{source} are of a SimCLR network for small images or of 18 or 34 layers, whose stem or first shortcut is "
            "not of this family: take one for ImageNet of 50 layers or more"
        )
    scopes = (BACKBONE, CLASSIFIER)
    unscoped = {name.removeprefix(s): shape for name, shape in shapes.items() for s in scopes if name.startswith(s)}
    return tf1_config(unscoped, source)


def empty_projection_head(shapes: Shapes) -> ProjectionHead | None:
    """Build the projection head that these variables make, nothing where there is none."""
    layers = {match[1] for match in map(PROJECTION_LAYER.match, shapes) if match}
    if not layers:
        return None
    last = f"{PROJECTION}nl_{len(layers) - 1}/batch_normalization/"
    num_features = most_common(s[0] for name, s in shapes.items() if name.endswith("/kernel") and s)
    out_channels = most_common(s[0] for name, s in shapes.items() if name.startswith(last) and s)
    return ProjectionHead(max(1, num_features), len(layers), max(1, out_channels))
