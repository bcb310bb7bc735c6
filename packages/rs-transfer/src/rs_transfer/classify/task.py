"""Fine-tuning as a task of rs-core's training loop."""

import math
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from rs_core.data.augment import DeviceAugment
from rs_core.data.index import SampleIndex
from rs_core.errors import UserError
from rs_core.train.classify import Classification, evaluate_on_index, num_workers
from rs_core.train.next_steps import command
from rs_core.train.ranks import ALONE, Ranks
from rs_core.train.schedule import num_steps
from rs_transfer.classify.config import ClassifyConfig
from rs_transfer.classify.samples import open_labelled, open_test, split


class FineTuning(Classification):
    """Cross-entropy on labelled images, with the input of the starting point.

    It is judged by the test images, which are not opened before, or by a split of the training images.
    """

    def __init__(self, config: ClassifyConfig, device: torch.device, ranks: Ranks = ALONE) -> None:
        # All that Classification does here, but with other images and another input.
        if config.model.in_channels != 3:
            raise UserError(f"model.in_channels={config.model.in_channels}: images are read as RGB; leave it at 3")
        self.device, self.ranks = device, ranks
        self.train_index, self.input_in_words = open_labelled(config.data, config.run.seed)
        self.judged: SampleIndex | None = None
        if config.data.judged_by == "split":
            self.train_index, self.judged = split(self.train_index, config.data, config.run.seed)
            self.input_in_words += f", {len(self.judged)} of which judge"
        self.num_train_samples = len(self.train_index)
        self.class_names = self.train_index.class_names
        self.config: ClassifyConfig = for_samples(config.for_num_classes(len(self.class_names)), self.num_train_samples)
        self.num_workers = num_workers(config.data, device)
        self.preprocessing = replace(
            config.input, class_offset=0, apply_exif_orientation=config.data.decode.apply_exif_orientation
        )
        self.augment = DeviceAugment(
            self.preprocessing, horizontal_flip=config.horizontal_flip, randaugment=config.randaugment
        )
        self.prepare_targets()

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Judge a model: ``test/top1`` and others of the test images, or ``val/top1`` and others of the split."""
        index = open_test(self.config.data, self.class_names) if self.judged is None else self.judged
        figures = evaluate_on_index(model, index, self.preprocessing, self.device, self.num_workers, ranks=self.ranks)
        if self.judged is not None:
            return figures
        return {name.replace("val/", "test/"): value for name, value in figures.items()}

    def next_steps(self, directory: Path) -> list[str]:
        """Give the lines that end a run."""
        return [
            f"read {directory}/report.md, look at {directory}/curves.png, or try:",
            f"  {command('rs-core')} predict --model {directory} IMAGE",
        ]


def for_samples(config: ClassifyConfig, num_samples: int) -> ClassifyConfig:
    """Give the config with what follows from the number of training images: epochs, and batch norm's momentum.

    The momentum is ``max(1 - 10 / s, 0.9)`` of the old statistics at s steps an epoch (arXiv 2002.05709, B.8);
    PyTorch's is 1 minus that. With a weight average it stays what it is.
    """
    epochs = config.steps * config.batch_size / num_samples
    while num_steps(epochs, num_samples, config.batch_size) > config.steps:
        epochs = math.nextafter(epochs, 0)
    model = config.model
    if not config.ema.decay:
        model = replace(model, bn_momentum=min(10 * config.batch_size / num_samples, 0.1))
    return replace(config, epochs=epochs, model=model)
