"""Networks of clips that start from a network of images (inflation, Carreira and Zisserman 2017, arXiv 1705.07750)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from rs_core.choices import check_choice
from rs_core.errors import UserError
from rs_core.models.network import ResidualNetwork

Rule = Literal["mean", "centre"]

SQUEEZE_EXCITATION = ".se."
OPTIONAL_PARTS = ("classifier.", "stem.conv4.", "stem.bn4.", SQUEEZE_EXCITATION, ".self_gating.")
"""What one of the two networks may have alone; the fourth stem layer stands where the other has its max-pool."""


@dataclass(frozen=True, kw_only=True)
class Inflation:
    """What happened: ``taken`` names tensors that the clips' network has now, ``fresh`` those that kept their values,
    ``unused`` those of the images' network that have no counterpart.
    """

    taken: tuple[str, ...]
    fresh: tuple[str, ...]
    unused: tuple[str, ...]


def inflate(image_weights: Mapping[str, Tensor], model: ResidualNetwork, rule: Rule = "mean") -> Inflation:
    """Load the state dict of a ``ResNet`` into a ``ResNet3d`` of the same blocks and widths.

    A kernel that reads k frames holds the image kernel k times, divided by k (``mean``), or once, in the middle, with
    zeros around it (``centre``). On a clip of equal frames the network then computes what the image network computes on
    one of them: with ``centre`` everywhere, with ``mean`` in all frames from which no kernel reaches past the clip's
    first or last. Squeeze-and-excitation averages over all frames, so with it ``mean`` agrees only nearly. Both
    networks need the same activation and padding, a max-pool in the stem and strided shortcuts (``downsampling="B"``):
    the network of clips has no average pool in its shortcuts.

    Classifier, squeeze-and-excitation, self-gating and the strided convolution of the ResNet-RS stem may be in one of
    the networks only; so may a classifier of another number of classes. Squeeze-and-excitation of another ratio is left
    out whole.

    >>> from rs_core import create_model
    >>> done = inflate(create_model("resnet_50").state_dict(), create_model("r3d_50"))
    >>> done.fresh, done.unused
    (('classifier.weight', 'classifier.bias'), ('classifier.weight', 'classifier.bias'))

    Raises:
        UserError: other blocks, widths or stems, an unknown rule. Nothing is loaded.
    """
    check_choice("rule", rule, Rule)
    ours = model.state_dict()
    taken = shared_tensors(image_weights, ours)
    fresh = [key for key in ours if key not in taken]
    unused = [key for key in image_weights if key not in taken]
    needed = [key for key in dict.fromkeys(fresh + unused) if not any(part in key for part in OPTIONAL_PARTS)]
    if needed:
        raise UserError(
            f"the networks differ in {len(needed)} tensors, first in {needed[0]}; give a bottleneck network of images "
            "with the blocks, the widths and the stem (7x7 or deep) of the network of clips"
        )
    inflated = {key: over_frames(image_weights[key], ours[key], rule) for key in taken}
    model.load_state_dict(ours | inflated)
    return Inflation(taken=tuple(taken), fresh=tuple(fresh), unused=tuple(unused))


def shared_tensors(image_weights: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> list[str]:
    """Name the tensors that both networks have; those of a squeeze-and-excitation only where all of it fits."""
    fitting = [key for key, tensor in ours.items() if key in image_weights and fits(image_weights[key], tensor)]
    # The last bias is as wide as the block whatever the ratio, but says nothing without the layers before it.
    foreign = {block_of_gate(key) for key in ours.keys() - fitting if SQUEEZE_EXCITATION in key}
    return [key for key in fitting if block_of_gate(key) not in foreign]


def block_of_gate(key: str) -> str:
    """Give the path of the block whose squeeze-and-excitation a tensor belongs to; of another tensor its own name."""
    return key.partition(SQUEEZE_EXCITATION)[0]


def fits(image: Tensor, clip: Tensor) -> bool:
    """Say whether an image network's tensor has the shape of a clip network's, but for the frames of a kernel."""
    without_frames = (*clip.shape[:2], *clip.shape[3:]) if clip.ndim == 5 else clip.shape
    return image.shape == without_frames


def over_frames(image: Tensor, clip: Tensor, rule: Rule) -> Tensor:
    """Spread a kernel ``[C', C, H, W]`` over the frames of ``[C', C, T, H, W]``; other tensors stay as they are."""
    if clip.ndim < 5:
        return image
    num_frames = clip.shape[2]
    if rule == "mean":
        return image.unsqueeze(2).expand(clip.shape) / num_frames
    spread = image.new_zeros(clip.shape)
    spread[:, :, num_frames // 2] = image
    return spread
