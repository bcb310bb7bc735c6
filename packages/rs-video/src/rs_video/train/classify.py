"""Classification of videos as a task of rs-core's training loop."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rs_core.cores import num_cores
from rs_core.data.order import Order
from rs_core.data.prefetch import prefetch_to_device
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import ResidualNetwork
from rs_core.train.ranks import ALONE, Ranks, from_launcher
from rs_core.weights.release import Origin, PretrainedModel
from rs_video.config import VideoDataConfig, VideoTrainConfig
from rs_video.data.clips import ClipBatch, ClipInput, train_clips
from rs_video.decode import decoder_in_use
from rs_video.release import VideoInput, with_video_input
from rs_video.train.evaluate import evaluate_on_index
from rs_video.train.next_steps import next_steps
from rs_video.train.pixels import augment
from rs_video.train.samples import open_held_out, open_training, prepare


class VideoClassification:
    """Label-smoothed cross-entropy on clips of videos."""

    sample_noun = "clips"

    def __init__(self, config: VideoTrainConfig, device: torch.device, ranks: Ranks = ALONE) -> None:
        if config.model.in_channels != 3:
            raise UserError(f"model.in_channels={config.model.in_channels}: videos are read as RGB; leave it at 3")
        self.device, self.ranks = device, ranks
        ranks.from_main(lambda: prepare(config.data))
        self.train_index = open_training(config.data)
        self.num_train_samples = len(self.train_index)
        self.class_names = self.train_index.class_names
        self.val_index = open_held_out(config.data, self.class_names)
        self.config = config.for_num_classes(len(self.class_names))
        self.num_workers = num_workers(config.data, device)
        frames = f"{config.clip.num_frames} frames x stride {config.clip.frame_stride}"
        self.input_in_words = f"{frames} by {decoder_in_use(config.data.decoder)}"
        # The released code feeds [0, 1] (reference: section 13.3).
        self.preprocessing = Preprocessing(
            resolution=config.views.resolution, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), resize="tf2_bilinear"
        )

    def batches(self, parts: Sequence[range]) -> Iterator[ClipBatch]:
        """Give batches of random clips of the endless shuffled stream."""
        config = self.config
        batches = train_clips(
            self.train_index,
            order=Order(num_rows=self.num_train_samples, seed=config.run.seed, run_length=config.data.run_length),
            parts=parts,
            clip_input=ClipInput(
                clip=config.clip, resolution=config.resolution, crop=config.crop, decoder=config.data.decoder
            ),
            num_workers=self.num_workers,
            pin_memory=self.device.type == "cuda",
        )
        return prefetch_to_device(batches, self.device, field="clips")

    def loss(self, model: nn.Module, batch: ClipBatch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Augment on the device, run the model, give the cross-entropy smoothed over all classes."""
        unlabelled = batch.rows[batch.labels < 0]
        if len(unlabelled):
            name = self.train_index.name(int(unlabelled[0]))
            raise UserError(f"{name}: has no label; index the videos with labels")
        clips = batch.clips.to(self.device, non_blocking=True)
        labels = batch.labels.to(self.device, non_blocking=True)
        logits = model(augment(clips, self.config.horizontal_flip, self.preprocessing, generator)).float()
        return F.cross_entropy(logits, labels, label_smoothing=self.config.label_smoothing), {}

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Judge a model on all views of all held-out videos, each video on one of the ranks."""
        return evaluate_on_index(
            model,
            self.val_index,
            preprocessing=self.preprocessing,
            clip=self.config.clip,
            views=self.config.views,
            device=self.device,
            num_workers=self.num_workers,
            views_per_pass=self.config.run.micro_batch_size,
            decoder=self.config.data.decoder,
            ranks=self.ranks,
        )

    def release(self, model: nn.Module, source: str) -> PretrainedModel:
        """Give the trained model with its clips and views and the names of the classes."""
        trained = PretrainedModel(
            model=cast("ResidualNetwork", model),
            preprocessing=self.preprocessing,
            class_names=self.class_names,
            origin=Origin(recipe=self.config.recipe, source=source, averaged=True),
        )
        return with_video_input(trained, VideoInput(clip=self.config.clip, views=self.config.views))

    def next_steps(self, directory: Path) -> list[str]:
        """Give the lines that end a run."""
        return next_steps(directory, self.config.data)


def num_workers(config: VideoDataConfig, device: torch.device) -> int:
    """Give the number of decoding processes: as asked, or as many as help.

    On a CPU one worker keeps ahead of the training step, and more would take its cores. Feeding accelerators takes
    every core, which the processes of this machine share.
    """
    if config.num_workers >= 0:
        return config.num_workers
    if device.type == "cpu":
        return 1
    return max(1, num_cores() // from_launcher("LOCAL_WORLD_SIZE", 1))
