"""Supervised pre-training as a task of rs-core's loop."""

from pathlib import Path

from rs_core.data.index import SampleIndex
from rs_core.train.classify import Classification, is_built_in
from rs_core.train.config import TrainConfig
from rs_core.train.next_steps import command
from rs_transfer.recipes.config import PretrainConfig
from rs_transfer.scenes.pictures import index_pictures


class Pretraining(Classification):
    """Classification; without a data set of the digits 0 to 4, because 5 to 9 are what is transferred to."""

    def open_images(self, config: TrainConfig) -> tuple[SampleIndex, SampleIndex, str]:
        """Open training and held-out images, and say what turns files into input."""
        if not is_built_in(config.data):
            return super().open_images(config)
        return index_pictures("train"), index_pictures("val"), "the built-in digits 0 to 4, alone and in scenes"

    def next_steps(self, directory: Path) -> list[str]:
        """Give the lines that end a run: where its results are and what to start from it."""
        program = command(PretrainConfig.program)
        return [
            f"read {directory}/report.md, look at {directory}/curves.png, or try:",
            f"  {program} classify --weights {directory}",
            f"  {program} classify linear --weights {directory}",
        ]
