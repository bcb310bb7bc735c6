"""``rs-core eval``: measure a trained model on every held-out image once."""

import json

from rs_core.cli.parser import CommandParser
from rs_core.cli.trained import (
    add_device_arguments,
    add_input_arguments,
    add_model_argument,
    load_classifier,
    with_input,
)
from rs_core.train.classify import evaluate_on_index, num_workers, open_held_out
from rs_core.train.config import DIGITS, DataConfig
from rs_core.train.precision import resolve_machine


def run(arguments: list[str]) -> None:
    """Print the figures, as lines or as JSON."""
    parser = CommandParser("eval", "Measure a trained model on every held-out image once.")
    add_model_argument(parser)
    parser.add_argument("--data.root", dest="root", default=DIGITS, help="folder with val/ in it (default: digits)")
    parser.add_argument("--data.val_csv", dest="val_csv", default="", help="CSV with columns file,label")
    parser.add_argument("--data.val_index", dest="val_index", default="", help="what rs-core index wrote")
    parser.add_argument("--data.num_workers", dest="num_workers", type=int, default=-1, help="-1: as many as help")
    add_input_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_device_arguments(parser)
    options = parser.parse_args(arguments)

    trained = with_input(load_classifier(options.model), options)
    data = DataConfig(
        root=options.root,
        val_csv=options.val_csv,
        val_index=options.val_index,
        num_workers=options.num_workers,
    )
    index = open_held_out(data, trained.class_names)
    machine = resolve_machine(options.device, options.precision)
    # As in training, where the figures of a run come from: another memory format may differ in the last digit.
    model = trained.model.to(machine.device, memory_format=trained.model.config.channels_last)  # type: ignore[call-overload]
    with machine.autocast():
        workers = num_workers(data, machine.device)
        figures = evaluate_on_index(model, index, trained.preprocessing, machine.device, workers)
    if options.json:
        print(json.dumps(figures))
    else:
        print(*(f"{name:14}  {value:.6g}" for name, value in figures.items()), sep="\n")
