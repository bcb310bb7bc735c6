"""``rs-core bench loader``: how fast batches come out of the input pipeline, and where the time goes."""

import json

from rs_core.bench.loader import LoaderSpeed, measure_loader
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.samples import add_data_argument, open_samples
from rs_core.cores import num_cores
from rs_core.data.decode import DecodeConfig
from rs_core.errors import UserError

PARTS = {
    "read": "files to bytes",
    "decode": "bytes to the pixels of a crop",
    "resize": "crop to its place in a batch",
    "hand_over": "batch from worker to caller",
    "augment": "mirror, RandAugment, normalise",
}


def run(arguments: list[str]) -> None:
    """Print how fast batches are ready, as lines or as JSON.

    Raises:
        UserError: an option out of range, or a data set that cannot be read.
    """
    parser = CommandParser("bench loader", "Measure the input pipeline of training on the processor of this machine.")
    add_data_argument(parser)
    parser.add_argument("--resolution", type=at_least_one, default=224, help="pixels a side (default: 224)")
    parser.add_argument("--workers", type=int, default=num_cores(), help="decoding processes (default: one per core)")
    parser.add_argument("--batch_size", type=at_least_one, default=128, help="images in a batch (default: 128)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each of two timed runs (default: 5)")
    parser.add_argument("--scaled_decoding", action="store_true", help="decode large JPEGs at a fraction of their size")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    if options.workers < 0:
        raise UserError(f"--workers {options.workers}: give 0 or more")

    speed = measure_loader(
        open_samples(options.data),
        resolution=options.resolution,
        num_workers=options.workers,
        batch_size=options.batch_size,
        seconds=options.seconds,
        decode=DecodeConfig(scaled_decoding=options.scaled_decoding),
    )
    print(json.dumps(speed.as_dict()) if options.json else describe(speed))


def describe(speed: LoaderSpeed) -> str:
    """Say in a few lines how fast batches are ready and where the time goes."""
    parts = speed.parts
    total = parts.in_worker + parts.augment
    lines = [
        f"{speed.images_per_second:.0f} images/s ready for the model, {speed.images_per_second_per_core:.0f} per core; "
        f"{speed.cropped_per_second:.0f} without augmentation",
        f"{speed.num_workers} workers on {speed.num_cores} cores; JPEG by {speed.decoder}",
        f"bytes to cropped pixels at {parts.share_of_decoder:.0%} of the rate of decoding whole images",
        f"processor time of an image: {total:.0f} µs",
    ]
    for name, meaning in PARTS.items():
        time = getattr(parts, name)
        lines.append(f"  {name:9}  {time:6.0f} µs  {time / total:4.0%}  {meaning}")
    return "\n".join(lines)
