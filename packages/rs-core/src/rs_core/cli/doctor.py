"""``rs-core doctor``: whether storage, processor or device limits a training run, and what to change."""

import argparse
import dataclasses
import json

import numpy as np
import torch

from rs_core.bench.bottleneck import Rates, advise, measure_storage
from rs_core.bench.device_step import measure_step
from rs_core.bench.loader_parts import measure_parts, readable
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.samples import add_data_argument, open_samples
from rs_core.cli.train import DEFAULT_RECIPE, with_network
from rs_core.cli.trained import add_device_arguments
from rs_core.cores import num_cores
from rs_core.data.augment import DeviceAugment
from rs_core.data.decode import DecodeConfig, open_image
from rs_core.data.index import SampleIndex
from rs_core.data.jpeg import decoder_in_use
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.recipes import Recipe, get_recipe
from rs_core.train.config import train_config
from rs_core.train.precision import Machine, resolve_machine

# Images in one forward pass, where the recipe's batch is larger: as in training, and what a processor does in seconds.
MICRO_BATCH = {"cuda": 256, "cpu": 8}
NUM_IMAGES = 64

LIMITS = {"storage": "storage", "cpu": "the processor", "device": "the device"}


def run(arguments: list[str]) -> None:
    """Print the rates, which is the limit, and what to change; as lines or as JSON."""
    options = make_parser().parse_args(arguments)
    if options.workers < 0 or not options.seconds > 0:
        raise UserError("give --workers 0 or more and --seconds above 0")
    recipe = train_config(get_recipe(options.recipe))
    if options.model:
        recipe = with_network(recipe, options.model)
    recipe = dataclasses.replace(recipe, resolution=options.resolution or recipe.resolution)
    index = open_samples(options.data)
    machine = resolve_machine(options.device, options.precision)
    batch_size = options.batch_size or min(recipe.batch_size, MICRO_BATCH[machine.device.type])

    rates = measure_rates(index, recipe, machine, batch_size, options)
    advice = advise(
        rates,
        short_side=typical_short_side(index),
        resolution=recipe.resolution,
        scaled_decoding=options.scaled_decoding,
        on_cpu=machine.device.type == "cpu",
    )
    if options.json:
        print(json.dumps({**rates.as_dict(), "advice": advice, "decoder": decoder_in_use()}))
        return
    step = f"{recipe.recipe} at {recipe.resolution} px, batch {batch_size}; {machine}"
    print(f"storage  {rates.storage:8.4g} images/s  {rates.storage_mb:.0f} MB/s, one process")
    print(f"cpu      {rates.cpu:8.4g} images/s  {rates.cpu_core:.0f} a core x {rates.num_busy}; {decoder_in_use()}")
    print(f"device   {rates.device:8.4g} images/s  {step}")
    print(f"limit    {LIMITS[rates.limit]}")
    print(f"advice   {advice}")


def measure_rates(
    index: SampleIndex, recipe: Recipe, machine: Machine, batch_size: int, options: argparse.Namespace
) -> Rates:
    """Measure each part of a training run on its own."""
    augment = DeviceAugment(
        Preprocessing(resolution=recipe.resolution),
        horizontal_flip=recipe.horizontal_flip,
        randaugment=recipe.randaugment,
    )
    # Storage first, while the files are as cold as they are.
    storage, storage_mb = measure_storage(index, batch_size=batch_size, seconds=options.seconds)
    parts = measure_parts(
        index,
        resolution=recipe.resolution,
        decode=DecodeConfig(scaled_decoding=options.scaled_decoding),
        augment=augment,
        batch_size=16,
        num_images=NUM_IMAGES,
    )
    side = recipe.resolution
    images = torch.randint(0, 256, (batch_size, 3, side, side), dtype=torch.uint8)
    device = measure_step(
        recipe.model,
        images.to(machine.device),
        augment,
        device=machine.device,
        autocast=machine.autocast(),
        seconds=options.seconds,
    )
    return Rates(
        storage=storage,
        storage_mb=storage_mb,
        cpu_core=1e6 / (parts.decode + parts.resize + parts.hand_over),
        num_cores=num_cores(),
        num_workers=options.workers,
        device=device,
    )


def typical_short_side(index: SampleIndex) -> int:
    """Return the median of the short sides of some images, in pixels."""
    files = readable(index, np.linspace(0, len(index) - 1, min(NUM_IMAGES, len(index))).astype(np.int64))
    return int(np.median([min(open_image(data, str).size) for data in files]))


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser("doctor", "Say what limits a training run on this machine, and what to change.")
    add_data_argument(parser)
    parser.add_argument("--recipe", default=DEFAULT_RECIPE, help="recipe (default: %(default)s)")
    parser.add_argument("--model", default="", help="another network in the recipe (default: the recipe's)")
    parser.add_argument("--resolution", type=at_least_one, default=0, help="pixels a side (default: the recipe's)")
    parser.add_argument(
        "--batch_size", type=at_least_one, default=0, help="of one forward pass (default: the recipe's, if it fits)"
    )
    parser.add_argument("--workers", type=int, default=num_cores(), help="decoding processes (default: one per core)")
    parser.add_argument("--scaled_decoding", action="store_true", help="decode large JPEGs at a fraction of their size")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement (default: 3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_device_arguments(parser)
    return parser
