"""SimCLR as a task of rs-core's training loop."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from rs_core.data.device_decode import decoder_in_words, train_batches_on_device
from rs_core.data.index import SampleIndex
from rs_core.data.loader import Batch
from rs_core.data.order import WidenedParts
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.train.classify import is_built_in, num_workers
from rs_core.train.ranks import ALONE, Ranks
from rs_core.weights.layouts.simclr import simclr_preprocessing
from rs_core.weights.release import Origin, PretrainedModel
from rs_transfer.simclr.config import SimCLRTrainConfig
from rs_transfer.simclr.loss import nt_xent
from rs_transfer.simclr.network import SimCLRNetwork
from rs_transfer.simclr.next_steps import next_steps
from rs_transfer.simclr.pairs import VIEWS, PairOrder, whole_pairs
from rs_transfer.simclr.recipes.published import SMALL_IMAGES
from rs_transfer.simclr.samples import open_images
from rs_transfer.simclr.views import ViewAugment

# Held-out images are compared with at most so many others, whatever the batch of training.
MOST_COMPARED = 256


class SimCLR:
    """Tells the two views of an image from those of all other images of a batch."""

    sample_noun = "images"

    def __init__(self, config: SimCLRTrainConfig, device: torch.device, ranks: Ranks = ALONE) -> None:
        self.config, self.device, self.ranks = config, device, ranks
        self.train_index, self.val_index = open_images(config.data)
        self.num_train_samples = len(self.train_index)
        if config.batch_size > self.num_train_samples:
            raise UserError(
                f"batch_size={config.batch_size}: the {self.num_train_samples} training images would be compared with "
                "themselves; give a smaller batch_size"
            )
        self.num_workers = num_workers(config.data, device)
        decoder = f"JPEG by {decoder_in_words(device, config.data.decode)}"
        source = "the built-in digits 0 to 4" if is_built_in(config.data) else decoder
        self.input_in_words = f"two views of each image; {source}"
        self.augment = ViewAugment(config.views, horizontal_flip=config.horizontal_flip)

    def batches(self, parts: Sequence[range]) -> Iterator[Batch]:
        """Give cropped uint8 batches, the views of an image beside each other, on the device."""
        return self.stream(self.train_index, self.config.run.seed, parts, self.config.data.run_length)

    def stream(self, index: SampleIndex, seed: int, parts: Sequence[range], run_length: int) -> Iterator[Batch]:
        """Give two crops of each image of the endless shuffled stream of an index."""
        crops = train_batches_on_device(
            index,
            order=PairOrder(num_rows=len(index), seed=seed, run_length=run_length),
            parts=WidenedParts(parts, factor=VIEWS),
            resolution=self.config.resolution,
            crop=self.config.crop,
            num_workers=self.num_workers,
            device=self.device,
            decode=self.config.data.decode,
        )
        return whole_pairs(crops)

    def loss(self, model: nn.Module, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Make views on the device, project them, and compare them with those of all ranks."""
        projections = model(self.augment(batch.images, generator))
        loss, top1 = nt_xent(projections, self.config.temperature, self.ranks)
        return loss, {"train/contrastive_top1": top1}

    @torch.inference_mode()
    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Judge a model on two views of each held-out image, always the same ones.

        ``val/loss`` and ``val/contrastive_top1`` compare an image with at most ``MOST_COMPARED - 1`` others, on one of
        the ranks; so they do not depend on the batch of training or the number of ranks.
        """
        num_images = len(self.val_index)
        num_batches = -(-num_images // MOST_COMPARED)
        ends = [num_images * number // num_batches for number in range(num_batches + 1)]
        own = range(self.ranks.rank, num_batches, self.ranks.num_ranks)
        parts = [range(ends[number], ends[number + 1]) for number in own]
        totals = torch.zeros(4, dtype=torch.float64, device=self.device)
        for number, batch in zip(own, self.stream(self.val_index, 0, parts, 1), strict=True):
            for skip in batch.skipped:
                print(f"left out of the evaluation: {skip.file}: {skip.reason}", file=sys.stderr)
            views = self.augment(batch.images, torch.Generator().manual_seed(number))
            loss, top1 = nt_xent(model(views), self.config.temperature)
            count = len(views) // VIEWS
            totals[:2] += count * torch.stack([loss, top1]).double()
            totals[2:] += torch.tensor([count, len(batch.skipped)], dtype=torch.float64).to(self.device)
        loss_sum, top1_sum, count, num_skipped = self.ranks.sum(totals).tolist()
        return {
            "val/contrastive_top1": top1_sum / count,
            "val/loss": loss_sum / count,
            "val/num_images": count,
            "val/num_skipped": num_skipped,
        }

    def release(self, model: nn.Module, source: str) -> PretrainedModel:
        """Give the backbone alone, with the input of released SimCLR: pixels in [0, 1]."""
        return PretrainedModel(
            model=cast("SimCLRNetwork", model).backbone(),
            preprocessing=preprocessing(self.config.resolution),
            class_names=(),
            origin=Origin(recipe=self.config.recipe, source=source, averaged=bool(self.config.ema.decay)),
        )

    def next_steps(self, directory: Path) -> list[str]:
        """Give the lines that end a run."""
        return next_steps(directory, self.config.program)


def preprocessing(resolution: int) -> Preprocessing:
    """Give the input of a backbone: released SimCLR's, which uses small images whole (data.py)."""
    usual = simclr_preprocessing(resolution)
    return replace(usual, crop_fraction=1.0) if resolution <= SMALL_IMAGES else usual
