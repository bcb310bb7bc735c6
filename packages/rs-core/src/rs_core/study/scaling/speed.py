"""How fast each network of a grid trains on this machine: measured, or estimated from the nearest that is."""

import json
import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from rs_core.atomic import write_text_atomically
from rs_core.bench.device_step import measure_step
from rs_core.data.augment import DeviceAugment
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import ResNetConfig
from rs_core.study.scaling.grid import Network, flops_and_parameters, model_of
from rs_core.train.precision import Machine

# Seconds of each measurement.
SECONDS = 0.3

# Images in the measured step, by the type of the device: the paper's nominal batch, and what a processor does soon.
BATCH_SIZE = {"cuda": 128, "cpu": 16}


class Speeds:
    """Images a second of training steps, by network.

    Args:
        networks: of the grid.
        model: of which they are the widths and depths.
        machine: that trains.
        batch_size: images in a step.
        num_threads: of the processor, that a run has.
        path: a file that remembers what was measured here by such steps, for the next time.
    """

    def __init__(
        self,
        networks: Iterable[Network],
        model: ResNetConfig,
        machine: Machine,
        *,
        batch_size: int,
        num_threads: int,
        path: Path | None = None,
    ) -> None:
        self.model, self.machine, self.path = model, machine, path
        self.batch_size, self.num_threads = batch_size, num_threads
        self.flops = {network: self.count_flops(network) for network in networks}
        self.measured = self.remembered()

    def count_flops(self, network: Network) -> float:
        """Give the FLOPs of one image."""
        flops, _ = flops_and_parameters(model_of(network, self.model), network.resolution)
        return float(flops)

    def measure(self, networks: Iterable[Network], seconds: float = math.inf) -> None:
        """Measure networks that are not measured yet, until ``seconds`` have passed; the first is in any case."""
        started = time.monotonic()
        for network in networks:
            if network in self.measured:
                continue
            with threads(self.num_threads):
                speed = images_per_second(
                    model_of(network, self.model), network.resolution, self.batch_size, self.machine
                )
            self.measured[network] = speed
            self.remember()
            if time.monotonic() - started > seconds:
                break

    def images_per_second(self, network: Network) -> float:
        """Give what was measured, else as many FLOPs a second as the measured network of the nearest FLOPs makes."""
        if network in self.measured:
            return self.measured[network]
        flops = self.flops[network]
        nearest = min(self.measured, key=lambda known: abs(math.log(self.flops[known] / flops)))
        return self.measured[nearest] * self.flops[nearest] / flops

    def step_milliseconds(self, network: Network) -> float | None:
        """Give the time of a measured training step of ``batch_size`` images."""
        speed = self.measured.get(network)
        return 1e3 * self.batch_size / speed if speed else None

    @property
    def conditions(self) -> dict[str, Any]:
        """What the figures depend on beside the network."""
        return {"step": str(self.machine), "batch_size": self.batch_size, "num_threads": self.num_threads}

    def remembered(self) -> dict[Network, float]:
        """Read what was measured before in the same conditions."""
        if self.path is None or not self.path.is_file():
            return {}
        try:
            values = json.loads(self.path.read_text())
            speeds = {str(tag): float(speed) for tag, speed in values.pop("images_per_second").items()}
        except (ValueError, KeyError, AttributeError, TypeError):
            raise UserError(f"{self.path}: not readable; delete it, and it is measured again") from None
        if values != self.conditions:
            return {}
        return {network: speeds[network.tag] for network in self.flops if network.tag in speeds}

    def remember(self) -> None:
        """Write down what is measured."""
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            speeds = {network.tag: speed for network, speed in self.measured.items()}
            values = {**self.conditions, "images_per_second": speeds}
            write_text_atomically(self.path, json.dumps(values, indent=2) + "\n")


def images_per_second(model: ResNetConfig, resolution: int, batch_size: int, machine: Machine) -> float:
    """Measure training steps; a batch that does not fit the memory of the device is halved until it does.

    Raises:
        UserError: not even one image fits.
    """
    augment = DeviceAugment(Preprocessing(resolution=resolution))
    while batch_size:
        images = torch.randint(0, 256, (batch_size, 3, resolution, resolution), dtype=torch.uint8)
        try:
            return measure_step(
                model,
                images.to(machine.device),
                augment,
                device=machine.device,
                autocast=machine.autocast(),
                seconds=SECONDS,
            )
        except torch.OutOfMemoryError:
            batch_size //= 2
    raise UserError(f"one image of {resolution} px does not fit the memory of {machine.device}; take smaller networks")


def step_in_words(speeds: Speeds) -> str:
    """Say what training step is measured."""
    device = speeds.machine.device
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:
        name = "1 thread" if speeds.num_threads == 1 else f"{speeds.num_threads} threads"
    return f"a training step of {speeds.batch_size} images on {speeds.machine}, {name}"


@contextmanager
def threads(num_threads: int) -> Iterator[None]:
    """Let PyTorch use so many threads inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(num_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
