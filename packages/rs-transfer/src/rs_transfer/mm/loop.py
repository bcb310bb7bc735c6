"""The training loop on the engine of mm*: by steps, and exact after a resume."""

from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.registry import LOOPS
from mmengine.runner import BaseLoop, Runner

from rs_core.errors import UserError
from rs_core.train.loop import NETWORK, part_seed
from rs_transfer.mm.order import OrderSampler


@LOOPS.register_module()
class StepLoop(BaseLoop):
    """Trains for a number of steps on the stream of an :class:`OrderSampler`, evaluates on the way and at the end.

    All random numbers of a step follow from (seed, step), so a run that is resumed takes the steps that it would have
    taken.

    Args:
        runner: of this run.
        dataloader: config of the training samples.
        num_steps: optimiser steps.
        evaluate_every: steps between two evaluations, 0 for one at the end alone.
    """

    def __init__(self, runner: Runner, dataloader: dict[str, Any], num_steps: int, evaluate_every: int = 0) -> None:
        super().__init__(runner, dataloader)
        if not isinstance(self.dataloader.sampler, OrderSampler):
            raise UserError("StepLoop needs train_dataloader.sampler=dict(type='OrderSampler')")
        self.sampler = self.dataloader.sampler
        self.max_iters, self.max_epochs = num_steps, 1
        self.evaluate_every = evaluate_every
        self.figures: dict[str, float] = {}
        # Set by the runner when it resumes.
        self._iter = self._epoch = 0

    @property
    def iter(self) -> int:
        """Steps taken."""
        return self._iter

    @property
    def epoch(self) -> int:
        """Always 0: there are steps only."""
        return self._epoch

    def run(self) -> Any:
        """Train to the last step."""
        runner = self.runner
        runner.call_hook("before_train")
        runner.call_hook("before_train_epoch")
        batches = self.batches()
        while self._iter < self.max_iters:
            self.step(next(batches))
            if self.is_due():
                self.evaluate()
        if not self.figures:
            self.evaluate()  # a run that was complete already
        runner.call_hook("after_train_epoch")
        runner.call_hook("after_train")
        return runner.model

    def batches(self) -> Iterator[Any]:
        """Give the batches from the next step on."""
        self.sampler.first_position = self._iter * self.dataloader.batch_size * self.sampler.num_ranks
        return iter(self.dataloader)

    def step(self, batch: Any) -> None:
        """Take one optimiser step."""
        runner = self.runner
        seed = part_seed(runner.seed, self._iter, NETWORK, self.sampler.rank)
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002  # mmdet's samplers of proposals draw from it
        runner.model.train()
        runner.call_hook("before_train_iter", batch_idx=self._iter, data_batch=batch)
        outputs = runner.model.train_step(batch, optim_wrapper=runner.optim_wrapper)
        runner.call_hook("after_train_iter", batch_idx=self._iter, data_batch=batch, outputs=outputs)
        self._iter += 1

    def evaluate(self) -> None:
        """Judge the model; the tables that metrics print go to ``evaluation.txt``."""
        with (Path(self.runner.work_dir) / "evaluation.txt").open("a") as file, redirect_stdout(file):
            print(f"step {self._iter}")
            self.figures = self.runner.val_loop.run()

    def is_due(self) -> bool:
        """Tell whether the step just taken is one to evaluate after."""
        return self._iter == self.max_iters or bool(self.evaluate_every and self._iter % self.evaluate_every == 0)
