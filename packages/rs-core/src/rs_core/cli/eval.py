"""``rs-core eval``: measure a trained model on every held-out image once."""

import argparse
import dataclasses
import json

from rs_core.cli.trained import add_device_arguments, add_model_argument, load_trained
from rs_core.errors import UserError
from rs_core.train.classify import evaluate_on_index, num_workers, open_data
from rs_core.train.config import DIGITS, DataConfig
from rs_core.train.precision import autocast, resolve_device, resolve_dtype


def run(arguments: list[str]) -> None:
    """Print the figures, as lines or as JSON."""
    parser = argparse.ArgumentParser(prog="rs-core eval", description="Measure a trained model on held-out images.")
    add_model_argument(parser)
    parser.add_argument(
        "--data.root", dest="root", default=DIGITS, help="folder with train/ and val/ (default: digits)"
    )
    parser.add_argument("--data.train_csv", dest="train_csv", default="", help="CSV with columns file,label")
    parser.add_argument("--data.val_csv", dest="val_csv", default="", help="CSV with columns file,label")
    parser.add_argument("--data.num_workers", dest="num_workers", type=int, default=-1, help="-1: one per core")
    parser.add_argument("--resolution", type=int, default=0, help="pixels a side (default: as trained)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_device_arguments(parser)
    options = parser.parse_args(arguments)

    released = load_trained(options.model)
    data = DataConfig(
        root=options.root,
        train_csv=options.train_csv,
        val_csv=options.val_csv,
        num_workers=options.num_workers,
    )
    _, index = open_data(data)
    if index.class_names != released.class_names:
        raise UserError(
            f"{options.root} has {len(index.class_names)} classes ({', '.join(index.class_names[:3])}, …), "
            f"the model {len(released.class_names)} ({', '.join(released.class_names[:3])}, …); "
            "use the data set it was trained on"
        )
    preprocessing = released.preprocessing
    if options.resolution:
        preprocessing = dataclasses.replace(preprocessing, resolution=options.resolution)
    device = resolve_device(options.device)
    with autocast(device, resolve_dtype(options.precision, device)):
        figures = evaluate_on_index(released.model.to(device), index, preprocessing, device, num_workers(data, device))
    print(json.dumps(figures) if options.json else "\n".join(f"{name}  {value:.6g}" for name, value in figures.items()))
