"""What a training recipe is: data, with the source of every number beside the row that sets it."""

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar, Literal

from rs_core.choices import check_choices
from rs_core.data.crop import RandomCropConfig
from rs_core.data.randaugment import RandAugmentConfig
from rs_core.errors import UserError
from rs_core.models import NetworkConfig, ResNetConfig

LabelSmoothingOver = Literal["all", "wrong"]


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """Momentum SGD with coupled weight decay, and LARS, which is that with a rate for each layer.

    Args:
        learning_rate_per_256: peak learning rate for 256 images.
        learning_rate_scaling: how the peak follows the batch: ``linear``, or ``sqrt``, by the root of it (SimCLR, whose
            ``0.075 * sqrt(batch)`` is 1.2 for 256 images).
        momentum: 0 for plain SGD.
        nesterov: as in the released trainer; Model Garden has it off.
        convention: ``torch`` multiplies the momentum buffer by the learning rate at use (released trainer), ``keras``
            puts the learning rate into the buffer (Model Garden); they part when the rate changes.
        weight_decay: of the loss ``weight_decay / 2 * sum(v ** 2)``.
        weight_decay_on: ``all_but_bn`` (released trainer: biases of SE and classifier too), ``kernels`` (Model Garden,
            and "no bias decay" of Bag of Tricks) or ``all`` (batch norm too, which is what that differs from).
        trust_coefficient: of LARS (arXiv 1708.03888): a weight that decays learns at the rate times this and its norm
            over that of its gradient. 0 for the same rate everywhere; SimCLR has 0.001.
        clip_grad_norm: largest gradient norm, 0 for no clipping.
    """

    learning_rate_per_256: float = 0.1
    learning_rate_scaling: Literal["linear", "sqrt"] = "linear"
    momentum: float = 0.9
    nesterov: bool = True
    convention: Literal["torch", "keras"] = "torch"
    weight_decay: float = 4e-5
    weight_decay_on: Literal["all_but_bn", "kernels", "all"] = "all_but_bn"
    trust_coefficient: float = 0.0
    clip_grad_norm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse unknown words, negative numbers, and LARS with the other convention."""
        check_choices(self)
        numbers = ("learning_rate_per_256", "momentum", "weight_decay", "trust_coefficient", "clip_grad_norm")
        refuse_negative(self, *numbers)
        if self.trust_coefficient and self.convention != "keras":
            raise UserError(
                f"optimizer.trust_coefficient={self.trust_coefficient}: LARS has the learning rate in its buffer; give "
                "optimizer.convention=keras beside it"
            )

    def peak_learning_rate(self, batch_size: int) -> float:
        """Give the largest learning rate for batches of this size.

        >>> OptimizerConfig(learning_rate_per_256=1.2, learning_rate_scaling="sqrt").peak_learning_rate(4096)
        4.8
        """
        share = batch_size / 256
        return self.learning_rate_per_256 * (math.sqrt(share) if self.learning_rate_scaling == "sqrt" else share)


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """How the learning rate moves after its linear warm-up.

    Args:
        decay: ``cosine`` to zero, or ``step``, a tenth at each of ``milestones``.
        warmup_epochs: length of the linear warm-up.
        milestones: shares of the epochs, of which each comes to a whole number of epochs by rounding down; those of the
            released trainer by default. Bag of Tricks has 30, 60 and 90 of 120 epochs, (0.25, 0.5, 0.75).
    """

    decay: Literal["cosine", "step"] = "cosine"
    warmup_epochs: float = 5.0
    milestones: tuple[float, ...] = (30 / 90, 60 / 90, 80 / 90)

    def __post_init__(self) -> None:
        """Refuse unknown words, negative numbers, and milestones out of order or range."""
        check_choices(self)
        refuse_negative(self, "warmup_epochs")
        ends = (0.0, *self.milestones, 1.0)
        if not all(before < after for before, after in pairwise(ends)):
            raise UserError(
                f"schedule.milestones={list(self.milestones)}: give increasing shares of the epochs between 0 and 1"
            )


@dataclass(frozen=True, kw_only=True)
class EmaConfig:
    """Moving average of weights and batch-norm statistics; evaluation and the released weights use it.

    Args:
        decay: limit of the decay ``min(decay, (1 + n) / (10 + n))`` at update n = 1, 2, …; 0 for no average.
        start: from the initial ``weights`` (TF1) or from ``zero`` (Model Garden); it matters for a few steps only.
    """

    decay: float = 0.9999
    start: Literal["weights", "zero"] = "weights"

    def __post_init__(self) -> None:
        """Refuse unknown words and decays outside [0, 1)."""
        check_choices(self)
        if not 0 <= self.decay < 1:
            raise UserError(f"ema.decay={self.decay}: give a number in [0, 1), 0 for no average")


@dataclass(frozen=True, kw_only=True)
class DistillationConfig:
    """A trained network whose opinion of every training image is learned beside its label.

    The loss grows by ``T ** 2 * CE(softmax(teacher / T), softmax(student / T))`` (arXiv 1503.02531; Bag of Tricks,
    arXiv 1812.01187, section 5.3, which has T = 20 and a thousand classes). A large T makes it
    ``|student - teacher| ** 2 / (2 * K)`` of centred logits for K classes: fewer classes pull harder.

    Args:
        teacher: a run, a file or the name of published weights, of the same classes; empty for no distillation.
        temperature: T.
    """

    teacher: str = ""
    temperature: float = 20.0

    def __post_init__(self) -> None:
        """Refuse a temperature that is none."""
        if not 0 < self.temperature < math.inf:
            raise UserError(f"distillation.temperature={self.temperature}: give a number above 0, such as 20")


@dataclass(frozen=True, kw_only=True)
class BaseRecipe:
    """What every recipe says, whatever its samples are.

    Args:
        recipe: its name; as an argument, where all the other defaults come from.
        model: the network.
        resolution: pixels a side of the input in training.
        epochs: passes over the training samples.
        batch_size: samples an optimiser step.
        label_smoothing: share of the target spread evenly over the classes.
        optimizer: momentum SGD.
        schedule: of the learning rate.
        ema: moving average of the weights.
        crop: random crop in training.
        horizontal_flip: probability of mirroring a sample in training.
        published_top1: published top-1 in per cent, 0 where there is none; nothing depends on it.
    """

    published_on: ClassVar[str]
    """The data set of ``published_top1``."""

    recipe: str
    model: NetworkConfig
    resolution: int
    epochs: float = 350.0
    batch_size: int = 4096
    label_smoothing: float = 0.1
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    ema: EmaConfig = field(default_factory=EmaConfig)
    crop: RandomCropConfig = field(default_factory=RandomCropConfig)
    horizontal_flip: float = 0.5
    published_top1: float = 0.0

    def __post_init__(self) -> None:
        """Refuse impossible recipes with one line."""
        check_choices(self)
        if self.resolution < 1 or self.batch_size < 1 or not 0 < self.epochs < math.inf:
            raise UserError(
                f"resolution={self.resolution}, batch_size={self.batch_size}, epochs={self.epochs}: "
                "give positive numbers"
            )
        if self.resolution < self.model.stride:
            # A strided 3x3 convolution on a 1x1 map also has wrong bfloat16 gradients on some CPUs (PyTorch 2.15, AMX).
            instead = ", or model.stem=small" if isinstance(self.model, ResNetConfig) else ""
            raise UserError(
                f"resolution={self.resolution} is smaller than the network's stride {self.model.stride}; "
                f"give at least {self.model.stride}{instead}"
            )
        if not 0 <= self.label_smoothing < 1 or not 0 <= self.horizontal_flip <= 1:
            raise UserError(
                f"label_smoothing={self.label_smoothing}, horizontal_flip={self.horizontal_flip}: give probabilities"
            )


@dataclass(frozen=True, kw_only=True)
class Recipe(BaseRecipe):
    """How one published figure on images was made, or a named difference from it.

    Args:
        model: the network.
        resolution: pixels a side, for training and evaluation alike.
        randaugment: random operations on training images; ``num_layers`` 0 for none.
        mixup_alpha: training images are blended in pairs, λ ~ Beta(alpha, alpha) of one with 1 - λ of the other, one λ
            for all images of a forward pass; 0 for none. Bag of Tricks has 0.2 (arXiv 1812.01187, section 5.4).
        label_smoothing_over: which classes share ``label_smoothing``, ``all`` of them (TensorFlow) or the ``wrong``
            ones (Bag of Tricks).
        distillation: from a trained network.
        crop_rule: evaluation box of the released code (``tf1``) or of Model Garden (``tf2``); they differ by a pixel.
    """

    published_on: ClassVar[str] = "ImageNet"

    model: ResNetConfig
    randaugment: RandAugmentConfig = field(default_factory=RandAugmentConfig)
    mixup_alpha: float = 0.0
    label_smoothing_over: LabelSmoothingOver = "all"
    distillation: DistillationConfig = field(default_factory=DistillationConfig)
    crop_rule: Literal["tf1", "tf2"] = "tf1"

    def __post_init__(self) -> None:
        """Refuse impossible recipes with one line."""
        super().__post_init__()
        if not 0 <= self.mixup_alpha < math.inf:
            raise UserError(f"mixup_alpha={self.mixup_alpha}: give a number of at least 0, such as 0.2")


def refuse_negative(config: object, *names: str) -> None:
    """Raise a UserError for the first of these fields that is below zero or not a number."""
    for name in names:
        value = getattr(config, name)
        if not value >= 0:
            raise UserError(f"{name}={value}: give a number of at least 0")
