"""``rs-video predict``: the five likeliest classes of videos."""

import json
import typing
from pathlib import Path

import torch

from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.trained import add_device_arguments, add_model_argument
from rs_core.data.index import NO_LABEL
from rs_core.errors import UserError
from rs_core.train.precision import Machine, resolve_machine
from rs_video.cli.trained import VideoModel, add_input_arguments, load_video_model, with_input
from rs_video.data.views import VideoViews, decode_views
from rs_video.decode import Decoder
from rs_video.release import VideoInput
from rs_video.train.evaluate import average_over_views


def run(arguments: list[str]) -> None:
    """Print name and probability of the likeliest classes of each video, as lines or one JSON object a video."""
    options = make_parser().parse_args(arguments)
    for path in options.videos:
        if not path.is_file():
            raise UserError(f"{path}: no such file; give the path of a video")
    trained = load_video_model(options.model)
    video_input = with_input(trained.video_input, options)
    machine = resolve_machine(options.device, options.precision)
    trained.model.to(machine.device)
    for path in options.videos:
        ranked = classify(trained, video_input, path, machine, options.views_per_pass, options.decoder)[: options.top]
        if options.json:
            print(json.dumps({"file": str(path), "classes": [{"name": n, "probability": p} for n, p in ranked]}))
        else:
            print(path)
            for name, probability in ranked:
                print(f"  {100 * probability:6.2f} %  {name}")


def classify(
    trained: VideoModel, video_input: VideoInput, path: Path, machine: Machine, views_per_pass: int, decoder: Decoder
) -> list[tuple[str, float]]:
    """Give all classes of one video with their probabilities over all views, likeliest first.

    Raises:
        UserError: it is no video, or damaged.
    """
    frames, clips, corners = decode_views(path, lambda: str(path), video_input.clip, video_input.views, decoder)
    video = VideoViews(torch.from_numpy(frames), torch.from_numpy(clips), torch.from_numpy(corners), NO_LABEL, 0)
    with machine.autocast(), torch.inference_mode():
        mean = average_over_views(
            trained.model, video, trained.preprocessing, video_input.views.resolution, machine.device, views_per_pass
        )
    names = trained.preprocessing.logit_names(trained.class_names)
    order = mean.argsort(descending=True).tolist()
    return [(names[place], float(mean[place])) for place in order]


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser("predict", "Classify videos with a trained network.", program="rs-video")
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    add_model_argument(parser)
    parser.add_argument("--top", type=at_least_one, default=5, help="how many classes to show (default: 5)")
    parser.add_argument("--decoder", choices=typing.get_args(Decoder), default="auto")
    parser.add_argument("--json", action="store_true", help="print one JSON object per video")
    add_input_arguments(parser)
    add_device_arguments(parser)
    return parser
