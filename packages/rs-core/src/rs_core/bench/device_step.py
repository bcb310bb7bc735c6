"""How many samples a device trains on per second, with the data at hand."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from rs_core.models import NetworkConfig, build_model

WARM_UP_STEPS = 2


def measure_step(
    config: NetworkConfig,
    samples: Tensor,
    augment: Callable[[Tensor, torch.Generator], Tensor],
    *,
    device: torch.device,
    autocast: AbstractContextManager[Any],
    seconds: float,
) -> float:
    """Return the samples per second of forward and backward pass, optimiser step and the device's augmentation.

    Channels-last memory and not compiled; random labels. At least one step is timed after ``WARM_UP_STEPS``.

    Args:
        config: the network.
        samples: one batch as the loader gives it, on ``device``.
        augment: makes the input of the network of it, with random numbers from a generator on the CPU.
        device: that trains.
        autocast: of the passes.
        seconds: to measure for.
    """
    model = build_model(config).to(device, memory_format=config.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, nesterov=True)
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, config.num_classes, (len(samples),), generator=generator).to(device)

    def step() -> float:
        with autocast:
            loss = F.cross_entropy(model(augment(samples, generator)).float(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()  # waits for the device

    for _ in range(WARM_UP_STEPS):
        step()
    start, num_steps = time.monotonic(), 0
    while num_steps == 0 or time.monotonic() - start < seconds:
        step()
        num_steps += 1
    return num_steps * len(samples) / (time.monotonic() - start)
