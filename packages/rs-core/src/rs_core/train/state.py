"""Everything that changes while a run trains, and how it becomes a checkpoint and back."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from rs_core.configs import differences
from rs_core.errors import UserError
from rs_core.models import ResidualNetwork
from rs_core.train.config import LoopConfig
from rs_core.train.ema import ModelEma
from rs_core.train.optimizer import build_optimizer
from rs_core.train.precision import Machine
from rs_core.weights.check import load_weights


@dataclass(kw_only=True)
class TrainState:
    """Step, model, average, optimiser and scaler.

    Random numbers need no state: each step seeds them from (seed, step). Nor does the data: the position in the
    stream is ``step * batch_size``. ``seconds``: time spent training, over all resumptions.
    ``edited``: the settings that are not those of the checkpoint, in words.
    """

    config: LoopConfig
    model: ResidualNetwork
    ema: ModelEma[ResidualNetwork]
    optimizer: Optimizer
    scaler: GradScaler
    step: int = 0
    seconds: float = 0.0
    edited: tuple[str, ...] = ()

    def state_dict(self) -> dict[str, Any]:
        """Give the whole state as tensors and plain values."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "config": dataclasses.asdict(self.config),
        }

    def load_state_dict(self, state: dict[str, Any], source: Path) -> None:
        """Take the whole state back.

        Raises:
            UserError: a part is missing, or belongs to another architecture or another split of the weight decay.
        """
        missing = [part for part in self.state_dict() if part not in state]
        if missing:
            raise UserError(f"{source}: not a whole checkpoint, it lacks {', '.join(missing)}; use an earlier one")
        load_weights(self.model, state["model"], str(source))
        self.ema.load_state_dict(state["ema"])
        self.load_optimizer(state["optimizer"], source)
        self.edited = differences(state["config"], dataclasses.asdict(self.config))
        self.scaler.load_state_dict(state["scaler"])
        self.step = state["step"]
        self.seconds = state["seconds"]

    def load_optimizer(self, state: dict[str, Any], source: Path) -> None:
        """Take the momentum back. Weight decay and the like stay those of the config, which may have been edited."""
        settings = [{k: v for k, v in group.items() if k != "params"} for group in self.optimizer.param_groups]
        try:
            self.optimizer.load_state_dict(state)
        except ValueError:
            raise UserError(
                f"{source}: made with another optimizer.weight_decay_on; put the old one back into config.yaml"
            ) from None
        for group, own in zip(self.optimizer.param_groups, settings, strict=True):
            group.update(own)


def initial_state(config: LoopConfig, model: ResidualNetwork, machine: Machine) -> TrainState:
    """Build the state of step 0."""
    return TrainState(
        config=config,
        model=model,
        ema=ModelEma(model, config.ema),
        optimizer=build_optimizer(model, config.optimizer),
        scaler=GradScaler(machine.device.type, enabled=machine.dtype == torch.float16),
    )
