"""Supervised pre-training as a task of rs-core's loop."""

from pathlib import Path

import torch

from rs_core.train.classify import Classification, is_built_in
from rs_core.train.next_steps import command
from rs_core.train.ranks import ALONE, Ranks
from rs_transfer.recipes.config import PretrainConfig
from rs_transfer.scenes.pictures import index_pictures


class Pretraining(Classification):
    """Classification; without a data set of the digits 0 to 4, because 5 to 9 are what is transferred to."""

    def __init__(self, config: PretrainConfig, device: torch.device, ranks: Ranks = ALONE) -> None:
        super().__init__(config, device, ranks)
        if is_built_in(config.data):
            self.train_index = index_pictures("train")
            self.val_index = index_pictures("val")
            self.num_train_samples = len(self.train_index)
            self.class_names = self.train_index.class_names
            self.config = config.for_num_classes(len(self.class_names))
            self.input_in_words = "the built-in digits 0 to 4, alone and in scenes"

    def next_steps(self, directory: Path) -> list[str]:
        """Give the lines that end a run: where its results are and what to start from it."""
        program = command(PretrainConfig.program)
        return [
            f"read {directory}/report.md, look at {directory}/curves.png, or try:",
            f"  {program} classify --weights {directory}",
            f"  {program} classify linear --weights {directory}",
        ]
