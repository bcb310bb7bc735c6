"""How many images a device trains on per second, with the data at hand."""

import time
from contextlib import AbstractContextManager
from typing import Any

import torch
import torch.nn.functional as F

from rs_core.data.augment import DeviceAugment
from rs_core.models import NetworkConfig, build_model

WARM_UP_STEPS = 2


def measure_step(
    config: NetworkConfig,
    augment: DeviceAugment,
    *,
    batch_size: int,
    device: torch.device,
    autocast: AbstractContextManager[Any],
    seconds: float,
) -> float:
    """Return the images per second of forward and backward pass, optimiser step and the device's augmentation.

    Channels-last memory and not compiled; random pixels and labels, which wait in memory. At least one step is timed
    after ``WARM_UP_STEPS``.
    """
    model = build_model(config).to(device, memory_format=config.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, nesterov=True)
    generator = torch.Generator().manual_seed(0)
    side = augment.preprocessing.resolution
    images = torch.randint(0, 256, (batch_size, 3, side, side), dtype=torch.uint8, generator=generator).to(device)
    labels = torch.randint(0, config.num_classes, (batch_size,), generator=generator).to(device)

    def step() -> float:
        with autocast:
            loss = F.cross_entropy(model(augment(images, generator)).float(), labels)
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
    return num_steps * batch_size / (time.monotonic() - start)
