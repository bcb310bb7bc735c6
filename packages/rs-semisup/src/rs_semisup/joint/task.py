"""Classification of labelled and pseudo-labelled images at once, as a task of rs-core's training loop."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rs_core.data.device_decode import train_batches_on_device
from rs_core.data.index import SampleIndex
from rs_core.data.loader import Batch
from rs_core.data.order import Order, WidenedParts
from rs_core.train.classify import Classification, refuse_unlabelled
from rs_core.train.ranks import ALONE, Ranks
from rs_core.weights.release import PretrainedModel
from rs_semisup.joint.config import JointTrainConfig
from rs_semisup.joint.next_steps import next_steps
from rs_semisup.joint.samples import SOFT_COLUMNS, open_pseudo
from rs_semisup.joint.streams import JointBatch, join, split_workers
from rs_semisup.joint.targets import soft_targets

# Added to the seed: where both sets have as many rows, the two orders must not be one.
OTHER_ORDER = 2**63


class JointClassification:
    """Cross-entropy on labelled images and on pseudo-labelled ones, all augmented alike.

    The labelled images are what rs-core would train on alone; they say what the classes are and how long an epoch is.
    """

    sample_noun = "images"

    def __init__(self, config: JointTrainConfig, device: torch.device, ranks: Ranks = ALONE) -> None:
        self.device = device
        self.labelled = Classification(config, device, ranks)
        self.num_train_samples = self.labelled.num_train_samples
        self.class_names = self.labelled.class_names
        self.config = config.for_num_classes(len(self.class_names))
        self.pseudo_index = open_pseudo(config.data.pseudo_index, self.class_names, config.joint.targets)
        self.input_in_words = (
            f"{self.labelled.input_in_words}; with each labelled image {config.joint.ratio} of "
            f"{len(self.pseudo_index):,} pseudo-labelled ones, {config.joint.targets} labels"
        )

    def batches(self, parts: Sequence[range]) -> Iterator[JointBatch]:
        """Give batches of both endless shuffled streams, their images on the device."""
        data, seed, ratio = self.config.data, self.config.run.seed, self.config.joint.ratio
        own_workers, pseudo_workers = split_workers(self.labelled.num_workers, ratio)
        own, pseudo = self.labelled.train_index, self.pseudo_index
        own_order = Order(num_rows=len(own), seed=seed, run_length=data.run_length)
        pseudo_order = Order(num_rows=len(pseudo), seed=seed + OTHER_ORDER, run_length=data.pseudo_run_length)
        columns = SOFT_COLUMNS if self.config.joint.targets == "soft" else ()
        return join(
            self.stream(own, own_order, parts, own_workers),
            self.stream(pseudo, pseudo_order, WidenedParts(parts, factor=ratio), pseudo_workers, columns),
            ratio,
        )

    def stream(
        self,
        index: SampleIndex,
        order: Order,
        parts: Sequence[range],
        num_workers: int,
        columns: tuple[str, ...] = (),
    ) -> Iterator[Batch]:
        """Give cropped batches of one kind of images."""
        return train_batches_on_device(
            index,
            order=order,
            parts=parts,
            resolution=self.config.resolution,
            crop=self.config.crop,
            num_workers=num_workers,
            device=self.device,
            decode=self.config.data.decode,
            columns=columns,
        )

    def loss(self, model: nn.Module, batch: JointBatch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Augment both kinds alike, run the model on them at once, and join their losses (``JointConfig``)."""
        refuse_unlabelled(batch.labelled, self.labelled.train_index)
        joint = self.config.joint
        images = self.labelled.augment(torch.cat([batch.labelled.images, batch.pseudo.images]), generator)
        own_logits, pseudo_logits = model(images).float().split([len(batch.labelled.rows), len(batch.pseudo.rows)])
        own = self.labelled.cross_entropy(own_logits, self.on_device(batch.labelled.labels))
        if joint.targets == "hard":
            pseudo = self.labelled.cross_entropy(pseudo_logits, self.on_device(batch.pseudo.labels))
        else:
            classes, probabilities = (self.on_device(batch.pseudo.columns[name]) for name in SOFT_COLUMNS)
            pseudo = F.cross_entropy(pseudo_logits, soft_targets(classes, probabilities, pseudo_logits.shape[1]))
        total = own + joint.ratio * pseudo
        loss = total / (1 + joint.ratio) if joint.loss == "mean" else total
        return loss, {"train/loss_labelled": own.detach(), "train/loss_pseudo": pseudo.detach()}

    def on_device(self, values: Tensor) -> Tensor:
        """Bring what a batch keeps on the CPU to the device."""
        return values.to(self.device, non_blocking=True)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Judge a model on the held-out labelled images."""
        return self.labelled.evaluate(model)

    def release(self, model: nn.Module, source: str) -> PretrainedModel:
        """Give the trained model with the evaluation's input and the names of the classes."""
        return self.labelled.release(model, source)

    def next_steps(self, directory: Path) -> list[str]:
        """Give the lines that end a run."""
        return next_steps(directory, self.config)
