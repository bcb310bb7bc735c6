"""What the commands that use a trained network of clips share: how it is named and loaded, and what it is fed with."""

import argparse
import dataclasses
from dataclasses import dataclass

from rs_core.cli.parser import at_least_one
from rs_core.cli.trained import load_trained
from rs_core.data.preprocessing import Preprocessing
from rs_core.models import ResidualNetwork
from rs_video.clips import ClipConfig
from rs_video.data.views import ViewConfig
from rs_video.release import VideoInput, video_input_of


@dataclass(frozen=True, kw_only=True)
class VideoModel:
    """A trained network of clips with everything needed to use it."""

    model: ResidualNetwork
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    video_input: VideoInput


def load_video_model(name: str) -> VideoModel:
    """Load the network named, or the newest one in ``runs/``.

    Raises:
        UserError: there is none, it cannot be read, or it takes no clips.
    """
    trained = load_trained(name, program="rs-video")
    return VideoModel(
        model=trained.model,
        preprocessing=trained.preprocessing,
        class_names=trained.class_names,
        video_input=video_input_of(trained, name or trained.origin.source),
    )


def add_input_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what changes the clips and views that a trained network is fed with."""
    of = "(default: the network's)"
    parser.add_argument("--num_frames", type=at_least_one, metavar="N", help=f"frames of a clip {of}")
    parser.add_argument("--frame_stride", type=at_least_one, metavar="N", help=f"from one frame to the next {of}")
    parser.add_argument("--num_clips", type=at_least_one, metavar="N", help=f"clips of a video {of}")
    parser.add_argument("--num_crops", type=at_least_one, metavar="N", help=f"crops of a clip {of}")
    parser.add_argument("--short_side", type=at_least_one, metavar="PX", help=f"of a frame before cropping {of}")
    parser.add_argument("--resolution", type=at_least_one, metavar="PX", help=f"of a crop {of}")
    parser.add_argument(
        "--views_per_pass", type=at_least_one, default=10, metavar="N", help="forward pass of so many (default: 10)"
    )


def with_input(video_input: VideoInput, options: argparse.Namespace) -> VideoInput:
    """Give what a network is fed with, as ``add_input_arguments`` changed it.

    Raises:
        UserError: views that do not fit into a frame.
    """
    return VideoInput(
        clip=dataclasses.replace(video_input.clip, **chosen(options, ClipConfig)),
        views=dataclasses.replace(video_input.views, **chosen(options, ViewConfig)),
    )


def chosen(options: argparse.Namespace, config_type: type[ClipConfig] | type[ViewConfig]) -> dict[str, int]:
    """Give the options that are fields of a config and were given."""
    values = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(config_type)}
    return {name: value for name, value in values.items() if value is not None}
