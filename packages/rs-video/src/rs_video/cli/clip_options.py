"""The clips that a measuring command cuts: those of a recipe, unless single options say otherwise."""

import argparse
import dataclasses
import typing

from rs_core.cli.parser import at_least_one
from rs_video.clips import ClipConfig
from rs_video.data.clips import ClipInput
from rs_video.decode import Decoder
from rs_video.recipes import VideoRecipe


def add_clip_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--num_frames``, ``--frame_stride``, ``--resolution`` and ``--decoder``."""
    of = "(default: the recipe's)"
    parser.add_argument("--num_frames", type=at_least_one, metavar="N", help=f"frames of a clip {of}")
    parser.add_argument("--frame_stride", type=at_least_one, metavar="N", help=f"from one frame to the next {of}")
    parser.add_argument("--resolution", type=at_least_one, metavar="PX", help=f"pixels a side {of}")
    parser.add_argument("--decoder", choices=typing.get_args(Decoder), default="auto", help="(default: auto)")


def clip_input_of(recipe: VideoRecipe, options: argparse.Namespace) -> ClipInput:
    """Give the clips of a recipe, as the options changed them."""
    given = {name: getattr(options, name) for name in ("num_frames", "frame_stride") if getattr(options, name)}
    clip: ClipConfig = dataclasses.replace(recipe.clip, **given)
    return ClipInput(
        clip=clip,
        resolution=options.resolution or recipe.resolution,
        crop=recipe.crop,
        decoder=options.decoder,
    )
