"""``rs-video doctor``: whether storage, processor or device limits a training run, and what to change."""

import json

import numpy as np
import torch

from rs_core.bench.bottleneck import Rates, measure_storage
from rs_core.bench.device_step import measure_step
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.trained import add_device_arguments
from rs_core.cores import num_cores
from rs_core.data.index import SampleIndex
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.train.precision import resolve_machine
from rs_video.bench.advice import advise
from rs_video.bench.clips import measure_parts
from rs_video.cli.clip_options import add_clip_arguments, clip_input_of
from rs_video.cli.samples import add_data_argument, open_samples
from rs_video.cli.train import DEFAULT_RECIPE
from rs_video.decode import available_decoders, decoder_in_use
from rs_video.recipes import get_video_recipe
from rs_video.train.pixels import augment

# Clips in one forward pass: what a processor does in seconds, and a device holds.
BATCH = {"cuda": 16, "cpu": 1}

LIMITS = {"storage": "storage", "cpu": "the processor", "device": "the device"}


def run(arguments: list[str]) -> None:
    """Print the rates, which is the limit, and what to change; as lines or as JSON."""
    options = make_parser().parse_args(arguments)
    if options.workers < 0 or not options.seconds > 0:
        raise UserError("give --workers 0 or more and --seconds above 0")
    recipe = get_video_recipe(options.recipe)
    clip_input = clip_input_of(recipe, options)
    index = open_samples(options.data)
    machine = resolve_machine(options.device, options.precision)
    batch_size = options.batch_size or BATCH[machine.device.type]

    # Storage first, while the files are as cold as they are.
    storage, storage_mb = measure_storage(index, batch_size=8, seconds=options.seconds)
    parts = measure_parts(index, clip_input)
    side = clip_input.resolution
    shape = (batch_size, clip_input.clip.num_frames, side, side, 3)
    clips = torch.randint(0, 256, shape, dtype=torch.uint8).to(machine.device).permute(0, 4, 1, 2, 3)
    device = measure_step(
        recipe.model,
        clips,
        lambda batch, generator: augment(batch, recipe.horizontal_flip, Preprocessing(resolution=side), generator),
        device=machine.device,
        autocast=machine.autocast(),
        seconds=options.seconds,
    )
    rates = Rates(
        storage=storage,
        storage_mb=storage_mb,
        cpu_core=parts.clips_per_second,
        num_cores=num_cores(),
        num_workers=options.workers,
        device=device,
    )
    advice = advise(
        rates,
        short_side=short_side(index),
        resolution=side,
        on_cpu=machine.device.type == "cpu",
        decode_share=parts.decode * parts.clips_per_second / 1000,
    )
    decoder = decoder_in_use(options.decoder)
    if options.json:
        print(json.dumps({**rates.as_dict(), "advice": advice, "decoder": decoder}))
        return
    step = f"{recipe.recipe}, {clip_input.clip.num_frames} frames of {side} px, batch {batch_size}; {machine}"
    print(f"storage   {rates.storage:8.4g} videos/s  {rates.storage_mb:.0f} MB/s, one process, whole files")
    print(f"cpu       {rates.cpu:8.4g} clips/s   {rates.cpu_core:.3g} a core x {rates.num_busy}; {decoder}")
    print(f"device    {rates.device:8.4g} clips/s   {step}")
    print(f"decoders  {decoders_in_words()}")
    print(f"limit     {LIMITS[rates.limit]}")
    print(f"advice    {advice}")


def decoders_in_words() -> str:
    """Say which decoders are there, and of the others why not."""
    return "; ".join(f"{name}{f' (not here: {why})' if why else ''}" for name, why in available_decoders().items())


def short_side(index: SampleIndex) -> int:
    """Return the median of the short sides of the videos, in pixels."""
    return int(np.median(np.minimum(index.columns["height"], index.columns["width"])))


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser(
        "doctor", "Say what limits a training run on this machine, and what to change.", program="rs-video"
    )
    add_data_argument(parser)
    parser.add_argument("--recipe", default=DEFAULT_RECIPE, help="recipe (default: %(default)s)")
    add_clip_arguments(parser)
    parser.add_argument("--batch_size", type=at_least_one, default=0, help="of one forward pass (default: 16; CPU: 1)")
    parser.add_argument("--workers", type=int, default=num_cores(), help="decoding processes (default: one per core)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement (default: 3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_device_arguments(parser)
    return parser
