"""Compare the published ResNet-RS networks with timm's, in float64 on the same weights.

    pip install timm
    python tools/check_parity.py
    python tools/check_parity.py --depths 350 420 --height 160 --width 160

For each depth, weights are drawn by name and saved two ways: as timm's state dict and as the variables of a TF1
checkpoint, named and shaped in the order in which TensorFlow creates layers, which is read off timm's network. Both
go through the readers of ``rs_core.weights``, architecture included. The tests of the package do this for the smaller
depths; all seven take four minutes of one core and 5 GB.

Prints one line a network: the largest difference of a logit to timm's, over how far apart two images are in timm's
logits (the standard deviation of that difference). Leaves with 1 if one is above the tolerance.
"""

import argparse
import math
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import timm
import torch
from torch import Tensor, nn

from rs_core.models import build_model
from rs_core.weights.files import TensorFile
from rs_core.weights.layouts import tf1
from rs_core.weights.layouts import timm as timm_layout
from rs_core.weights.layouts.layout import Imported, Options

Read = Callable[[TensorFile, Options], Imported]

DEPTHS = (50, 101, 152, 200, 270, 350, 420)

TOLERANCE = 1e-10
"""Orders of summation cost about 1e-13; the least of real mistakes about 1e-3."""

BATCH_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
OTHERS = {"weight": "kernel", "bias": "bias"}

# TensorFlow creates the layers of a block in this order; timm registers them in another.
ORDER = ("downsample", "conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "se")
STEM_ORDER = ("conv1.0", "conv1.1", "conv1.3", "conv1.4", "conv1.6", "bn1", "maxpool.0", "maxpool.1")


def main() -> int:
    """Check all depths that were asked for; give 1 if one of them differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depths", type=int, nargs="+", default=DEPTHS, choices=DEPTHS)
    parser.add_argument("--height", type=int, default=90, help="pixels; the defaults are odd on the way down")
    parser.add_argument("--width", type=int, default=75, help="pixels")
    arguments = parser.parse_args()
    images = torch.from_numpy(np.random.RandomState(0).standard_normal((2, 3, arguments.height, arguments.width)))
    num_equal = sum(check_depth(depth, images) for depth in arguments.depths)
    return 0 if num_equal == len(arguments.depths) else 1


def check_depth(depth: int, images: Tensor) -> bool:
    """Print the line of one depth; say whether both readings equal timm's network."""
    theirs = timm.create_model(f"resnetrs{depth}").eval()
    names = tf1_names(theirs)
    variables = {name: drawn(name, tf1_shape(theirs.state_dict()[key]), key) for key, name in names.items()}
    state = {key: to_timm(variables[name]) for key, name in names.items()}
    theirs.load_state_dict(state, strict=False)
    reference = logits(theirs, images)
    del theirs

    differences = {
        "timm": difference(timm_layout.LAYOUT.read, state, f"resnet_rs_{depth}", images, reference),
        "TF1": difference(tf1.LAYOUT.read, variables, f"resnet_rs_{depth}", images, reference),
    }
    equal = max(differences.values()) <= TOLERANCE
    said = "  ".join(f"{source} {value:.1e}" for source, value in differences.items())
    print(f"resnet_rs_{depth:<4} {said}  {'equal' if equal else 'DIFFERENT'}", flush=True)
    return equal


def difference(
    read: Read, tensors: Mapping[str, Tensor], architecture: str, images: Tensor, reference: Tensor
) -> float:
    """Read weights into a network of ours; give its distance from the reference, infinite for another network."""
    file = TensorFile(Path("drawn"), {name: tuple(t.shape) for name, t in tensors.items()}, tensors.__getitem__)
    imported = read(file, Options())
    if imported.architecture != architecture:
        return math.inf
    model = build_model(imported.config).eval()
    model.load_state_dict(imported.weights)
    spread = (reference[0] - reference[1]).std()
    return float((logits(model, images) - reference).abs().max() / spread)


@torch.no_grad()
def logits(model: nn.Module, images: Tensor) -> Tensor:
    """Run a network in float64; it stays so."""
    result: Tensor = model.double()(images)
    return result


def tf1_names(theirs: nn.Module) -> dict[str, str]:
    """Give TF1's name for the keys of timm's state dict, in the order in which TensorFlow creates them."""
    numbers: Counter[str] = Counter()
    names: dict[str, str] = {}
    for path, layer in sorted(weighted_layers(theirs).items(), key=lambda item: rank(item[0])):
        norm = isinstance(layer, nn.BatchNorm2d)
        scope = "batch_normalization" if norm else "dense" if path == "fc" else "conv2d"
        numbered = f"{scope}_{numbers[scope]}" if numbers[scope] else scope
        numbers[scope] += 1
        leaves = BATCH_NORM if norm else OTHERS
        names |= {f"{path}.{leaf}": f"{numbered}/{leaves[leaf]}" for leaf in layer.state_dict() if leaf in leaves}
    return names


def weighted_layers(model: nn.Module) -> dict[str, nn.Module]:
    """Give convolutions, batch norms and the linear layer by path."""
    return {path: m for path, m in model.named_modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d | nn.Linear)}


def rank(path: str) -> tuple[int, ...]:
    """Order the layers of timm's network as TensorFlow creates them; ``sorted`` keeps the order inside a part."""
    if path in STEM_ORDER:
        return (0, STEM_ORDER.index(path))
    block = re.fullmatch(r"layer(\d)\.(\d+)\.(\w+).*", path)
    return (int(block[1]), int(block[2]), ORDER.index(block[3])) if block else (5,)


def drawn(name: str, shape: tuple[int, ...], key: str) -> Tensor:
    """Draw a variable by its TF1 name; the last scale of a branch is small, so that deep networks keep the signal."""
    z = np.random.RandomState(zlib.crc32(f"shared{name}".encode())).standard_normal(shape)
    leaf = name.rpartition("/")[2]
    if leaf == "kernel":
        value = z * math.sqrt(2 / math.prod(shape[:-1]))
    elif leaf == "moving_variance":
        value = np.exp(0.2 * z)
    else:
        centre = (0.3 if key.endswith("bn3.weight") else 1.0) if leaf == "gamma" else 0.0
        value = centre + 0.1 * z
    return torch.from_numpy(value.astype(np.float32))


def tf1_shape(tensor: Tensor) -> tuple[int, ...]:
    """Give TensorFlow's shape of one of timm's tensors: kernels are HWIO, dense kernels ``[in, out]``."""
    if tensor.ndim == 4:
        num_outputs, num_inputs, height, width = tensor.shape
        return (height, width, num_inputs, num_outputs)
    return tuple(tensor.shape)[::-1]


def to_timm(variable: Tensor) -> Tensor:
    """Give a variable of TensorFlow's in the order of timm's axes."""
    if variable.ndim == 4:
        return variable.permute(3, 2, 0, 1).contiguous()
    return variable.T.contiguous() if variable.ndim == 2 else variable


if __name__ == "__main__":
    sys.exit(main())
