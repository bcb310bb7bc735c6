"""``rs-video eval``: measure a trained network over many views of every held-out video."""

import json
import typing

from rs_core.cli.parser import CommandParser
from rs_core.cli.trained import add_device_arguments, add_model_argument
from rs_core.train.precision import resolve_device, resolve_machine
from rs_core.train.ranks import join_ranks
from rs_video.cli.trained import add_input_arguments, load_video_model, with_input
from rs_video.config import MOVING_DIGITS, VideoDataConfig
from rs_video.decode import Decoder
from rs_video.train.classify import num_workers
from rs_video.train.evaluate import evaluate_on_index
from rs_video.train.samples import open_held_out, prepare_held_out


def run(arguments: list[str]) -> None:
    """Print the figures, as lines or as JSON; started by ``torchrun``, its processes share the videos."""
    options = make_parser().parse_args(arguments)
    trained = load_video_model(options.model)
    video_input = with_input(trained.video_input, options)
    data = VideoDataConfig(
        root=options.root,
        val_csv=options.val_csv,
        val_index=options.val_index,
        num_workers=options.num_workers,
        decoder=options.decoder,
    )
    machine = resolve_machine(options.device, options.precision)
    with join_ranks(resolve_device(options.device), RANK_TIMEOUT_MINUTES) as ranks:
        ranks.from_main(lambda: prepare_held_out(data, trained.class_names))
        index = open_held_out(data, trained.class_names)
        # As in training, where the figures of a run come from: another memory format may differ in the last digit.
        model = trained.model.to(machine.device)
        model = model.to(memory_format=trained.model.config.channels_last)
        with machine.autocast():
            figures = evaluate_on_index(
                model,
                index,
                preprocessing=trained.preprocessing,
                clip=video_input.clip,
                views=video_input.views,
                device=machine.device,
                num_workers=num_workers(data, machine.device),
                views_per_pass=options.views_per_pass,
                decoder=data.decoder,
                ranks=ranks,
            )
    if not ranks.is_main:
        return
    if options.json:
        print(json.dumps(figures))
    else:
        print(*(f"{name:15}  {value:.6g}" for name, value in figures.items()), sep="\n")


# For the slowest of several processes to finish its share.
RANK_TIMEOUT_MINUTES = 60.0


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser(
        "eval", "Measure a trained network over many views of every held-out video.", program="rs-video"
    )
    add_model_argument(parser)
    parser.add_argument(
        "--data.root", dest="root", default=MOVING_DIGITS, help="folder with val/ in it, or of the videos of the list"
    )
    parser.add_argument("--data.val_csv", dest="val_csv", default="", help="list of the held-out videos")
    parser.add_argument("--data.val_index", dest="val_index", default="", help="what rs-video index wrote")
    parser.add_argument("--data.num_workers", dest="num_workers", type=int, default=-1, help="-1: as many as help")
    parser.add_argument("--data.decoder", dest="decoder", choices=typing.get_args(Decoder), default="auto")
    add_input_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_device_arguments(parser)
    return parser
