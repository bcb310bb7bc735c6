"""Distillation: a trained network says what it takes every training image for, and the student learns that too.

It is no part of the student or its checkpoints; a resumed run loads it again.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from rs_core.data.imagenet_classes import imagenet_class_names, imagenet_wordnet_ids
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import ResidualNetwork, ResNetConfig
from rs_core.train.config import TrainConfig
from rs_core.weights.pretrained import load_pretrained
from rs_core.weights.release import PretrainedModel


@dataclass(frozen=True, kw_only=True, eq=False)
class Teacher:
    """A trained network that sees what the student sees, in its own normalisation, and does not learn.

    Args:
        model: in eval mode, without gradients.
        class_offset: logits before that of the first class.
        scale: float32 [1, 3, 1, 1]; input of the student times this plus ``shift`` is that of the teacher.
        shift: likewise.
    """

    model: ResidualNetwork
    class_offset: int
    scale: Tensor
    shift: Tensor

    @torch.no_grad()
    def logits(self, images: Tensor) -> Tensor:
        """Give float32 logits [N, K] of images [N, 3, H, W] that are normalised for the student."""
        logits: Tensor = self.model(images * self.scale + self.shift)
        return logits.float()[:, self.class_offset :]


def distillation_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Give ``T ** 2 * CE(softmax(teacher / T), softmax(student / T))``, the mean over logits [N, K] of both.

    It is never 0: where both agree, T ** 2 times the entropy of the teacher remains, which no weight can change. The
    factor keeps the size of gradients whatever T is (Hinton et al. 2015, arXiv 1503.02531, section 2; Bag of Tricks,
    arXiv 1812.01187, section 5.3).

    >>> logits = torch.zeros(1, 4)
    >>> round(distillation_loss(logits, logits, 2.0).item(), 4)  # 4 * log(4)
    5.5452
    """
    return temperature**2 * F.cross_entropy(student / temperature, (teacher / temperature).softmax(1))


def load_teacher(
    config: TrainConfig, preprocessing: Preprocessing, class_names: tuple[str, ...], device: torch.device
) -> Teacher:
    """Load the teacher that a config names, for a student with this input and these classes.

    Raises:
        UserError: no such weights, or a network of other classes or another kind of input.
    """
    trained = load_pretrained(config.distillation.teacher)
    refuse_unfit(trained, config, class_names)
    model = trained.model.to(device).eval().requires_grad_(False)
    if config.run.channels_last:
        model = model.to(memory_format=trained.model.config.channels_last)
    own_mean, own_std, mean, std = (
        torch.tensor(values, device=device).view(1, 3, 1, 1)
        for normalised in (trained.preprocessing, preprocessing)
        for values in (normalised.mean, normalised.std)
    )
    return Teacher(
        model=model,
        class_offset=trained.preprocessing.class_offset,
        scale=std / own_std,
        shift=(mean - own_mean) / own_std,
    )


def refuse_unfit(trained: PretrainedModel, config: TrainConfig, class_names: tuple[str, ...]) -> None:
    """Refuse a teacher that cannot see the student's images or does not know its classes.

    Raises:
        UserError: naming the teacher and what does not fit.
    """
    teacher, network = f"distillation.teacher={config.distillation.teacher}", trained.model.config
    if not isinstance(network, ResNetConfig) or network.in_channels != 3:
        raise UserError(f"{teacher}: takes no RGB images; give a network that classifies those")
    if config.resolution < network.stride:
        raise UserError(
            f"{teacher}: its stride {network.stride} is larger than the images of resolution={config.resolution}; "
            "give another teacher or larger images"
        )
    if len(trained.class_names) != len(class_names):
        raise UserError(
            f"{teacher}: tells {len(trained.class_names)} classes apart, not {len(class_names)}; give a teacher of the "
            "classes of the training images"
        )
    for own, wanted in zip(by_wordnet_id(trained.class_names), by_wordnet_id(class_names), strict=True):
        if own != wanted:
            raise UserError(
                f"{teacher}: has a class {own!r} where the training images have {wanted!r}; give a teacher of the "
                "same classes in the same order"
            )


def by_wordnet_id(class_names: tuple[str, ...]) -> tuple[str, ...]:
    """Give ImageNet's classes by the names of their folders, and others as they are."""
    return imagenet_wordnet_ids() if class_names == imagenet_class_names() else class_names
