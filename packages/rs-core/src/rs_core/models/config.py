"""Everything that tells one residual network from another: what all have, and what those of images add."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from rs_core.choices import check_choices
from rs_core.errors import UserError
from rs_core.models.layers import Activation, Padding

Stem = Literal["7x7", "deep", "small"]
StemDownsampling = Literal["max_pool", "conv", "stage", "none"]
Downsampling = Literal["A", "B", "D"]
Block = Literal["basic", "bottleneck"]
DropPathProfile = Literal["stage", "block"]
Init = Literal["tf1", "tf2", "he"]

STAGES = ("c2", "c3", "c4", "c5")
STAGE_WIDTHS = (64, 128, 256, 512)


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """What every residual network has, of images or of clips.

    Args:
        blocks: residual blocks in c2, c3, c4, c5.
        width_multiplier: widths become ``int(width * multiplier)``.
        scale_stem: whether the stem's widths follow the multiplier.
        in_channels: channels of the images.
        stem_widths: widths of the deep stem; every stem ends with the last one.
        se_ratio: squeezed width over block output width, 0 for no squeeze-and-excitation.
        activation: ``relu``, or ``silu`` as in Model Garden's networks of images.
        padding: of strided convolutions, ``symmetric`` (TF1, PyTorch) or ``same`` (Model Garden).
        zero_gamma: whether the last batch norm of each block starts at scale 0.
        init: ``tf1`` (released code), ``tf2`` (Model Garden) or ``he`` (timm).
        bn_momentum: in PyTorch's convention. The recipes set 1.0, because their weight average averages the
            statistics too; without such an average keep 0.1.
        bn_eps: added to the variance.
        drop_path_rate: largest probability that a sample skips a block.
        drop_path_profile: ``stage`` gives c2 to c5 2/5, 3/5, 4/5, 5/5 of the rate (released rule), ``block`` rises
            from 0 over all blocks (timm).
        dropout: probability before the classifier.
        num_classes: outputs, 0 for the pooled features.
        activation_checkpointing: whether blocks are computed again in the backward pass, to save memory.

    Raises:
        UserError: a value that makes no network.
    """

    channels_last: ClassVar[torch.memory_format]
    """The memory format of its input and weights that puts the channels last."""

    blocks: tuple[int, int, int, int]
    width_multiplier: float = 1.0
    scale_stem: bool = True
    in_channels: int = 3
    stem_widths: tuple[int, int, int] = (32, 32, 64)
    se_ratio: float = 0.25
    activation: Activation = "relu"
    padding: Padding = "symmetric"
    zero_gamma: bool = True
    init: Init = "tf1"
    bn_momentum: float = 0.1
    bn_eps: float = 1e-5
    drop_path_rate: float = 0.0
    drop_path_profile: DropPathProfile = "stage"
    dropout: float = 0.0
    num_classes: int = 1000
    activation_checkpointing: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible networks with one line."""
        check_choices(self)
        if len(self.blocks) != len(STAGES) or min(self.blocks) < 1:
            raise UserError(f"blocks={self.blocks}: give four positive counts, for c2, c3, c4 and c5")
        if len(self.stem_widths) != 3 or min(self.stem_widths) < 1:
            raise UserError(f"stem_widths={self.stem_widths}: give three positive widths")
        if not self.width_multiplier > 0 or min(self.stage_widths) < 1:
            raise UserError(f"width_multiplier={self.width_multiplier}: give a positive number such as 0.25")
        if self.in_channels < 1 or self.num_classes < 0:
            raise UserError(
                f"in_channels={self.in_channels}, num_classes={self.num_classes}: give at least 1 channel and 0 classes"
            )
        for name in ("drop_path_rate", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"{name}={getattr(self, name)}: give a probability in [0, 1)")
        if not 0 <= self.se_ratio <= 1:
            raise UserError(f"se_ratio={self.se_ratio}: give a ratio in [0, 1], 0 for no squeeze-and-excitation")
        if not 0 <= self.bn_momentum <= 1 or not self.bn_eps > 0:
            raise UserError(
                f"bn_momentum={self.bn_momentum}, bn_eps={self.bn_eps}: "
                "give a momentum in [0, 1] and an epsilon above 0"
            )

    @property
    def stride(self) -> int:
        """Pixels per position of the last feature map."""
        raise NotImplementedError

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Inner width of the blocks of c2…c5, after the multiplier."""
        return tuple(int(width * self.width_multiplier) for width in STAGE_WIDTHS)

    @property
    def scaled_stem_widths(self) -> tuple[int, ...]:
        """Widths of the stem's convolutions, after the multiplier if the stem follows it."""
        factor = self.width_multiplier if self.scale_stem else 1.0
        return tuple(max(1, int(width * factor)) for width in self.stem_widths)

    @property
    def drop_path_rates(self) -> tuple[tuple[float, ...], ...]:
        """Drop-path probability of every block, one tuple per stage."""
        if self.drop_path_profile == "stage":
            return tuple((self.drop_path_rate * group / 5,) * count for group, count in enumerate(self.blocks, start=2))
        last = max(sum(self.blocks) - 1, 1)
        first = [sum(self.blocks[:stage]) for stage in range(len(STAGES))]
        return tuple(
            tuple(self.drop_path_rate * (start + i) / last for i in range(count))
            for start, count in zip(first, self.blocks, strict=True)
        )


@dataclass(frozen=True, kw_only=True)
class ResNetConfig(NetworkConfig):
    """One residual network of images. The defaults, with a row's ``blocks``, are ResNet-RS as released.

    Args:
        block: ``basic`` is two 3x3 convolutions, ``bottleneck`` 1x1, 3x3, 1x1.
        sk_ratio: reduced width of the selective kernels over the inner width, 0 for none (SimCLRv2's: 1/16). A
            bottleneck with them has two 3x3 and chooses between these for each channel (arXiv 1903.06586).
        stem: one ``7x7`` at stride 2, ``deep`` (three 3x3, the first at stride 2; Bag of Tricks C), or ``small`` (one
            3x3 at stride 1, for images of 64 px and less).
        stem_downsampling: what halves the size after the stem: a 3x3 ``max_pool``, a strided 3x3 ``conv``
            (ResNet-RS), the first block of c2 (``stage``), or ``none``.
        stem_pool_padding: padding of the max-pool; released TF1 plain networks mix symmetric convolutions with a
            ``same`` pool.
        downsampling: ``A`` strides the first 1x1, ``B`` the 3x3, ``D`` is B with an average pool in the shortcut.
        pool_every_shortcut: whether D pools where the shortcut has stride 1 too, as Model Garden does.
        output_stride: largest stride of any feature map, 8, 16 or 32; later stages are dilated instead.

    Raises:
        UserError: a value that makes no network.
    """

    block: Block = "bottleneck"
    sk_ratio: float = 0.0
    channels_last: ClassVar[torch.memory_format] = torch.channels_last

    stem: Stem = "deep"
    stem_downsampling: StemDownsampling = "conv"
    stem_pool_padding: Padding = "symmetric"
    downsampling: Downsampling = "D"
    pool_every_shortcut: bool = False
    output_stride: int = 32

    def __post_init__(self) -> None:
        """Refuse impossible networks with one line."""
        super().__post_init__()
        if not 0 <= self.sk_ratio <= 1:
            raise UserError(f"sk_ratio={self.sk_ratio}: give a ratio in [0, 1], 0 for no selective kernels")
        if self.sk_ratio and self.block == "basic":
            raise UserError(f"sk_ratio={self.sk_ratio}: basic blocks have no selective kernels, give 0 or bottlenecks")
        if self.output_stride not in (8, 16, 32):
            raise UserError(f"output_stride={self.output_stride}: choose 8, 16 or 32")

    @property
    def stride(self) -> int:
        """Pixels per position of the last feature map, before ``output_stride`` limits it."""
        stem = 1 if self.stem == "small" else 2
        after_stem = 1 if self.stem_downsampling == "none" else 2
        return stem * after_stem * 8  # c3, c4 and c5 halve the size each
