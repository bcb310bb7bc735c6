"""Supervised classification as a task of the training loop."""

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rs_core.cores import num_cores
from rs_core.data.augment import DeviceAugment
from rs_core.data.device_decode import decoder_in_words, train_batches_on_device
from rs_core.data.digits import index_digits
from rs_core.data.folder import index_csv, index_folder
from rs_core.data.imagenet_classes import imagenet_class_names, imagenet_wordnet_ids
from rs_core.data.index import SampleIndex, open_index
from rs_core.data.loader import Batch, eval_batches
from rs_core.data.mix import draw_mix
from rs_core.data.order import Order
from rs_core.data.prefetch import prefetch_to_device
from rs_core.data.preprocessing import Preprocessing, normalize
from rs_core.data.skips import Skip
from rs_core.errors import UserError
from rs_core.models import ResidualNetwork
from rs_core.train.config import DIGITS, DataConfig, TrainConfig
from rs_core.train.distill import Teacher, distillation_loss, load_teacher
from rs_core.train.evaluate import evaluate_classifier
from rs_core.train.next_steps import next_steps
from rs_core.train.ranks import ALONE, Ranks, from_launcher
from rs_core.train.smoothing import smoothing_over_all
from rs_core.weights.release import Origin, PretrainedModel

EVAL_BATCH_SIZE = 200  # the released trainer's; it has no effect on the figures


class Classification:
    """Label-smoothed cross-entropy on an image folder, a CSV, or the built-in digits."""

    sample_noun = "images"

    def __init__(self, config: TrainConfig, device: torch.device, ranks: Ranks = ALONE) -> None:
        if config.model.in_channels != 3:
            raise UserError(f"model.in_channels={config.model.in_channels}: images are read as RGB; leave it at 3")
        self.device, self.ranks = device, ranks
        self.train_index, self.val_index, self.input_in_words = self.open_images(config)
        self.num_train_samples = len(self.train_index)
        self.class_names = self.train_index.class_names
        self.config = config.for_num_classes(len(self.class_names))
        self.num_workers = num_workers(config.data, device)
        self.preprocessing = Preprocessing(
            resolution=config.resolution,
            crop_rule=config.crop_rule,
            apply_exif_orientation=config.data.decode.apply_exif_orientation,
        )
        self.augment = DeviceAugment(
            self.preprocessing, horizontal_flip=config.horizontal_flip, randaugment=config.randaugment
        )
        self.prepare_targets()

    def open_images(self, config: TrainConfig) -> tuple[SampleIndex, SampleIndex, str]:
        """Open training and held-out images, and say what turns files into input."""
        train_index = open_training(config.data)
        val_index = open_held_out(config.data, train_index.class_names)
        decoder = decoder_in_words(self.device, config.data.decode)
        return train_index, val_index, "the built-in digits" if is_built_in(config.data) else f"JPEG by {decoder}"

    def prepare_targets(self) -> None:
        """Find out what the labels of these classes become, and load the teacher.

        Raises:
            UserError: a smoothing or a teacher that does not fit the classes.
        """
        config, num_classes = self.config, len(self.class_names)
        self.label_smoothing = smoothing_over_all(config.label_smoothing, config.label_smoothing_over, num_classes)
        self.teacher: Teacher | None = None
        if config.distillation.teacher:
            self.teacher = load_teacher(config, self.preprocessing, self.class_names, self.device)
            self.input_in_words += f"; distilled from {config.distillation.teacher}"

    def batches(self, parts: Sequence[range]) -> Iterator[Batch]:
        """Give cropped uint8 batches of the endless shuffled stream, their images on the device."""
        return train_batches_on_device(
            self.train_index,
            order=Order(
                num_rows=self.num_train_samples, seed=self.config.run.seed, run_length=self.config.data.run_length
            ),
            parts=parts,
            resolution=self.config.resolution,
            crop=self.config.crop,
            num_workers=self.num_workers,
            device=self.device,
            decode=self.config.data.decode,
        )

    def loss(self, model: nn.Module, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Augment and mix on the device, run the model, give the smoothed cross-entropy and what the teacher adds."""
        refuse_unlabelled(batch, self.train_index)
        labels = batch.labels.to(self.device, non_blocking=True)
        images = self.augment(batch.images, generator)
        mix = draw_mix(self.config.mixup_alpha, len(images), generator)
        images = mix.images(images)
        logits = model(images).float()
        loss = mix.loss(partial(self.cross_entropy, logits), labels)
        if self.teacher is None:
            return loss, {}
        distilled = distillation_loss(logits, self.teacher.logits(images), self.config.distillation.temperature)
        return loss + distilled, {"train/loss_labels": loss.detach(), "train/loss_teacher": distilled.detach()}

    def cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Give the mean cross-entropy of logits [N, K] with labels [N] on the same device, smoothed."""
        return F.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Judge a model on the centre crops of all held-out images, each on one of the ranks."""
        return evaluate_on_index(
            model,
            self.val_index,
            self.preprocessing,
            self.device,
            self.num_workers,
            ranks=self.ranks,
        )

    def release(self, model: nn.Module, source: str) -> PretrainedModel:
        """Give the trained model with the evaluation's input and the names of the classes."""
        return PretrainedModel(
            model=cast("ResidualNetwork", model),
            preprocessing=self.preprocessing,
            class_names=self.class_names,
            origin=Origin(recipe=self.config.recipe, source=source, averaged=True),
        )

    def next_steps(self, directory: Path) -> list[str]:
        """Give the lines that end a run."""
        return next_steps(directory, self.config.data)


def evaluate_on_index(
    model: nn.Module,
    index: SampleIndex,
    preprocessing: Preprocessing,
    device: torch.device,
    num_workers: int,
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """Judge a model in eval mode on the centre crops of every row of an index, which the ranks share by batches.

    Images that cannot be read are named on stderr and counted as ``val/num_skipped``.

    Raises:
        UserError: a row without a label, or an index that no longer fits its files.
    """
    num_batches = -(-len(index) // EVAL_BATCH_SIZE)
    first, last = (EVAL_BATCH_SIZE * (num_batches * rank // ranks.num_ranks) for rank in (ranks.rank, ranks.rank + 1))
    batches = eval_batches(
        index,
        rows=range(len(index))[first:last],
        preprocessing=preprocessing,
        batch_size=EVAL_BATCH_SIZE,
        num_workers=num_workers,
        pin_memory=device.type == "cuda",
    )
    skipped: list[Skip] = []

    def on_device() -> Iterator[tuple[Tensor, Tensor]]:
        for batch in prefetch_to_device(batches, device):
            skipped.extend(batch.skipped)
            if not len(batch.rows):
                continue
            refuse_unlabelled(batch, index)
            labels = preprocessing.logit_indices(batch.labels).to(device)
            yield normalize(batch.images, preprocessing.mean, preprocessing.std), labels

    figures = evaluate_classifier(model, on_device(), device, ranks)
    for skip in skipped:
        print(f"left out of the evaluation: {skip.file}: {skip.reason}", file=sys.stderr)
    num_skipped = ranks.sum(torch.tensor(len(skipped), device=device))
    return {**figures, "val/num_skipped": float(num_skipped)}


def refuse_unlabelled(batch: Batch, index: SampleIndex) -> None:
    """Refuse samples that nobody said the class of.

    Raises:
        UserError: naming the first.
    """
    unlabelled = batch.rows[batch.labels < 0]
    if len(unlabelled):
        raise UserError(f"{index.name(int(unlabelled[0]))}: has no label; index the data set with labels")


def open_training(config: DataConfig) -> SampleIndex:
    """Index the training samples, which also say what the classes are.

    Raises:
        UserError: a folder, file or label that is not there or does not fit.
    """
    if config.train_index:
        return open_index(Path(config.train_index))
    if config.root == DIGITS:
        return index_digits("train")
    if config.train_csv:
        return index_csv(Path(config.train_csv), Path(config.root))
    return index_folder(Path(config.root), "train")


def open_held_out(config: DataConfig, class_names: tuple[str, ...]) -> SampleIndex:
    """Index the held-out samples of these classes. Those of ImageNet are known by their WordNet ids in a data set.

    Raises:
        UserError: a folder, file or label that is not there, or other classes.
    """
    if class_names == imagenet_class_names():
        class_names = imagenet_wordnet_ids()
    if config.val_index:
        index = open_index(Path(config.val_index))
        if index.class_names != class_names:
            raise UserError(
                f"{config.val_index}: has other classes ({shown(index.class_names)}) than the training samples or the "
                f"model ({shown(class_names)}); index the held-out samples with the classes of the training samples"
            )
        return index
    if config.val_csv:
        return index_csv(Path(config.val_csv), Path(config.root), class_names=class_names)
    if config.root != DIGITS:
        return index_folder(Path(config.root), "val", class_names=class_names)
    digits = index_digits("val")
    if digits.class_names != class_names:
        raise UserError(
            f"the built-in digits have the classes 0 to 9, not {shown(class_names)}; "
            "name the data set of these classes with --data.root"
        )
    return digits


def shown(class_names: tuple[str, ...]) -> str:
    """Give the first of the names of classes, for a message."""
    return ", ".join(class_names[:3]) + (", …" if len(class_names) > 3 else "")


def num_workers(config: DataConfig, device: torch.device) -> int:
    """Give the number of decoding processes: as asked, or as many as help.

    On a CPU one worker keeps ahead of the training step, and more would take its cores; a digit is decoded faster
    than it is handed over. Feeding accelerators takes every core, which the processes of this machine share.
    """
    if config.num_workers >= 0:
        return config.num_workers
    if is_built_in(config):
        return 0
    if device.type == "cpu":
        return 1
    return max(1, num_cores() // from_launcher("LOCAL_WORLD_SIZE", 1))


def is_built_in(config: DataConfig) -> bool:
    """Tell whether the data are the built-in digits."""
    return config.root == DIGITS and not config.train_index and not config.val_index
