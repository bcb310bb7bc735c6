"""How many images of a recipe a device trains on per second, without waiting for data."""

import platform

import torch

from rs_core.bench.device_step import measure_step
from rs_core.data.augment import DeviceAugment
from rs_core.data.preprocessing import Preprocessing
from rs_core.train.precision import resolve_machine
from rs_semisup.recipes.recipe import SemisupRecipe


def measure_rate(recipe: SemisupRecipe, device: str, batch_size: int, seconds: float) -> tuple[float, str]:
    """Give the images a second of augmentation, both passes and the optimiser step, and what measured them.

    Args:
        recipe: whose network, resolution and augmentation are taken.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        batch_size: images in a pass.
        seconds: to measure for, after a warm-up.

    Raises:
        UserError: no such device.
    """
    machine = resolve_machine(device, "auto")
    augment = DeviceAugment(
        Preprocessing(resolution=recipe.resolution),
        horizontal_flip=recipe.horizontal_flip,
        randaugment=recipe.randaugment,
    )
    samples = torch.randint(0, 256, (batch_size, 3, recipe.resolution, recipe.resolution), dtype=torch.uint8)
    rate = measure_step(
        recipe.model,
        samples.to(machine.device),
        augment,
        device=machine.device,
        autocast=machine.autocast(),
        seconds=seconds,
    )
    is_cuda = machine.device.type == "cuda"
    name = torch.cuda.get_device_name(machine.device) if is_cuda else f"{platform.machine()} CPU"
    return rate, f"{name}, batch {batch_size}, {machine}"
