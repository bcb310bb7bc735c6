"""The question that an exported file must answer as the network did before the export."""

import hashlib
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rs_core.errors import UserError
from rs_core.models import ResidualNetwork

# Another batch size than the one that networks are traced with.
NUM_IMAGES = 3

SEED = b"rs_core"

# Mean and standard deviation of bytes that are all equally likely.
BYTE_MEAN, BYTE_STD = 127.5, 73.9

# What one layer adds to the relative error. In float32 the rounded sums dominate: the error of a sum of K products
# grows like the root of K. In bfloat16 the sums are kept in float32, and rounding to 8 significant bits dominates.
FLOAT32_ROUNDING, BFLOAT16_ROUNDING = 2**-24, 2**-9

# The errors of a thousand logits are about normal: the largest is near four standard deviations.
LARGEST_OVER_TYPICAL = 4


@dataclass(frozen=True, kw_only=True)
class Probe:
    """The answer of the network before the export, and how near another answer must be.

    Args:
        logits: for each of the images that :func:`probe_images` makes.
        bound: largest difference allowed, over the spread of ``logits``: :func:`rounding_bound`, which no file stores.

    Raises:
        UserError: rows of different lengths, or logits that are not finite in float32.
    """

    logits: tuple[tuple[float, ...], ...]
    bound: float

    def __post_init__(self) -> None:
        """Refuse what no network answers."""
        if len({len(row) for row in self.logits}) > 1:
            raise UserError("the probe's rows of logits differ in length")
        if not torch.tensor(self.logits).isfinite().all():
            raise UserError("the probe's logits are not finite")

    def difference(self, logits: Tensor) -> float:
        """Give the largest difference of ``[N, num_classes]`` over the spread; not a number if a logit is none.

        The spread is the root mean square of the probe's logits, which one class alone has too.
        """
        expected = torch.tensor(self.logits).double()  # squares of large logits overflow float32
        if logits.shape != expected.shape:
            return math.inf
        largest = (logits - expected).abs().max()
        return (largest / expected.square().mean().sqrt()).item() if largest else 0.0


@torch.no_grad()
def make_probe(model: ResidualNetwork, input_shape: tuple[int, ...], dtype: torch.dtype) -> Probe:
    """Ask a network in eval mode, in float32 on the CPU, that will be exported in ``dtype``.

    Raises:
        UserError: its logits are not finite.
    """
    logits = model(probe_images(input_shape))
    if not logits.isfinite().all():
        raise UserError("the model gives logits that are not finite; there is nothing to check an export against")
    return Probe(logits=tuple(map(tuple, logits.tolist())), bound=rounding_bound(model, dtype))


def probe_images(input_shape: tuple[int, ...]) -> Tensor:
    """Give float32 noise ``[3, *input_shape]``, of mean 0 and variance 1 as normalised images have.

    It is the output of a hash function, which a standard fixes; generators of random numbers change with versions.
    """
    noise = bytearray(hashlib.shake_128(SEED).digest(NUM_IMAGES * math.prod(input_shape)))
    return (torch.frombuffer(noise, dtype=torch.uint8).view(NUM_IMAGES, *input_shape) - BYTE_MEAN) / BYTE_STD


def rounding_bound(model: ResidualNetwork, dtype: torch.dtype) -> float:
    """Give how far rounding alone may move a logit, over the spread of the logits.

    Folding rounds each layer's weights anew, and other kernels round its sums in another order: two independent
    errors a layer, which add up like the root of their number. All formats run the same folded network, so that
    only the precision and the depth matter. For ResNet-RS-50 it is 2.2e-4 in float32, where 1e-6 to 2e-6 is measured,
    and 0.1 in bfloat16, where 0.015 is measured.
    """
    layers = [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear)]
    longest_sum = max(layer.weight[0].numel() for layer in layers)
    a_layer = BFLOAT16_ROUNDING if dtype == torch.bfloat16 else FLOAT32_ROUNDING * math.sqrt(longest_sum)
    return LARGEST_OVER_TYPICAL * math.sqrt(2 * len(layers)) * a_layer
