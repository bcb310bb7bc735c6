"""``rs-video bench``: how fast this machine cuts clips out of videos, and where the time goes."""

import json

from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cores import num_cores
from rs_core.errors import UserError
from rs_video.bench.clips import ClipSpeed, measure_clips
from rs_video.cli.clip_options import add_clip_arguments, clip_input_of
from rs_video.cli.samples import add_data_argument, open_samples
from rs_video.cli.train import DEFAULT_RECIPE
from rs_video.recipes import get_video_recipe

PARTS = {
    "open": "file to frame numbers",
    "decode": "frame numbers to pixels",
    "resize": "pixels to a cropped clip",
}


def run(arguments: list[str]) -> None:
    """Print how fast clips are ready, as lines or as JSON."""
    parser = CommandParser("bench", "Measure how fast this machine cuts clips out of videos.", program="rs-video")
    add_data_argument(parser)
    parser.add_argument("--recipe", default=DEFAULT_RECIPE, help="whose clips (default: %(default)s)")
    add_clip_arguments(parser)
    parser.add_argument("--workers", type=int, default=num_cores(), help="decoding processes (default: one per core)")
    parser.add_argument("--batch_size", type=at_least_one, default=8, help="clips in a batch (default: 8)")
    parser.add_argument("--seconds", type=float, default=10.0, help="to measure for (default: 10)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    if options.workers < 0:
        raise UserError(f"--workers {options.workers}: give 0 or more")
    speed = measure_clips(
        open_samples(options.data),
        clip_input_of(get_video_recipe(options.recipe), options),
        num_workers=options.workers,
        batch_size=options.batch_size,
        seconds=options.seconds,
    )
    print(json.dumps(speed.as_dict()) if options.json else describe(speed))


def describe(speed: ClipSpeed) -> str:
    """Say in a few lines how fast clips are ready and where the time goes."""
    parts = speed.parts
    total = 1000 / parts.clips_per_second
    lines = [
        f"{speed.clips_per_second:.3g} clips/s; {speed.num_workers} workers on {speed.num_cores} cores; "
        f"{speed.decoder}",
        f"video to cropped clip at {parts.share_of_decoder:.0%} of the rate of decoding alone",
        f"processor time of a clip: {total:.1f} ms",
    ]
    for name, meaning in PARTS.items():
        milliseconds = getattr(parts, name)
        lines.append(f"  {name:6}  {milliseconds:6.1f} ms  {milliseconds / total:4.0%}  {meaning}")
    return "\n".join(lines)
