"""``rs-core eval``: measure a trained model on every held-out image once."""

import dataclasses
import json

from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.trained import add_device_arguments, add_model_argument, load_trained
from rs_core.train.classify import evaluate_on_index, num_workers, open_held_out
from rs_core.train.config import DIGITS, DataConfig
from rs_core.train.precision import resolve_machine


def run(arguments: list[str]) -> None:
    """Print the figures, as lines or as JSON."""
    parser = CommandParser("eval", "Measure a trained model on every held-out image once.")
    add_model_argument(parser)
    parser.add_argument("--data.root", dest="root", default=DIGITS, help="folder with val/ in it (default: digits)")
    parser.add_argument("--data.val_csv", dest="val_csv", default="", help="CSV with columns file,label")
    parser.add_argument("--data.num_workers", dest="num_workers", type=int, default=-1, help="-1: as many as help")
    parser.add_argument("--resolution", type=at_least_one, default=0, help="pixels a side (default: as trained)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_device_arguments(parser)
    options = parser.parse_args(arguments)

    released = load_trained(options.model)
    data = DataConfig(root=options.root, val_csv=options.val_csv, num_workers=options.num_workers)
    index = open_held_out(data, released.class_names)
    preprocessing = released.preprocessing
    if options.resolution:
        preprocessing = dataclasses.replace(preprocessing, resolution=options.resolution)
    machine = resolve_machine(options.device, options.precision)
    model = released.model.to(machine.device)
    with machine.autocast():
        figures = evaluate_on_index(model, index, preprocessing, machine.device, num_workers(data, machine.device))
    if options.json:
        print(json.dumps(figures))
    else:
        print(*(f"{name:14}  {value:.6g}" for name, value in figures.items()), sep="\n")
