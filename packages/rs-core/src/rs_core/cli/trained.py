"""What the commands that use a trained model share: how it is named, found and loaded."""

import argparse
import dataclasses
import sys
import typing
from pathlib import Path

from rs_core.cli.parser import at_least_one
from rs_core.data.crop import CropRule
from rs_core.data.resize import Resize
from rs_core.errors import UserError
from rs_core.models import ResNet3dConfig
from rs_core.train.checkpoint import PATTERN as CHECKPOINT
from rs_core.train.precision import Precision
from rs_core.train.run import CONFIG
from rs_core.weights.files.directory import MODEL_FILE
from rs_core.weights.pretrained import load_pretrained
from rs_core.weights.release import PretrainedModel


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``."""
    parser.add_argument(
        "--model",
        default="",
        help="run directory, model.safetensors, or weights as for rs-core convert (default: the newest run in runs/)",
    )


def add_device_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--device`` and ``--precision``."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 (default: auto)")
    parser.add_argument("--precision", default="auto", choices=typing.get_args(Precision))


def add_input_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what changes the input of a trained model: size, crop and filter."""
    rules, filters = typing.get_args(CropRule), typing.get_args(Resize)
    parser.add_argument("--resolution", type=at_least_one, help="pixels a side (default: the model's; so below)")
    parser.add_argument("--crop_rule", choices=rules, metavar="RULE", help=", ".join(rules))
    parser.add_argument("--crop_fraction", type=float, help="share of the short edge that the crop keeps")
    parser.add_argument("--resize", choices=filters, metavar="FILTER", help=", ".join(filters))
    parser.add_argument(
        "--apply_exif_orientation", action=argparse.BooleanOptionalAction, help="turn photos upright, or leave them"
    )


def with_input(trained: PretrainedModel, options: argparse.Namespace) -> PretrainedModel:
    """Give the model with the input that ``add_input_arguments`` changed.

    Raises:
        UserError: a value out of range.
    """
    names = ("resolution", "crop_rule", "crop_fraction", "resize", "apply_exif_orientation")
    changes = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return dataclasses.replace(trained, preprocessing=dataclasses.replace(trained.preprocessing, **changes))


def load_classifier(name: str) -> PretrainedModel:
    """Load as ``load_trained`` does what classifies images.

    Raises:
        UserError: a backbone without a classifier, a network of clips, or what ``load_trained`` raises.
    """
    trained = load_trained(name)
    if isinstance(trained.model.config, ResNet3dConfig):
        raise UserError(f"{name}: takes clips of video, not images")
    if trained.model.config.in_channels != 3:
        raise UserError(f"{name}: takes images of {trained.model.config.in_channels} channels, not RGB")
    if not trained.class_names:
        raise UserError(f"{name}: a backbone without a classifier; give a model that has one")
    return trained


def load_trained(name: str, program: str = "rs-core") -> PretrainedModel:
    """Load the model named, or the newest one in ``runs/``, and then say on stderr which it is.

    ``program`` is the one whose ``train`` a message recommends.

    Raises:
        UserError: there is none, or it cannot be read.
    """
    if name:
        refuse_unfinished(Path(name), program)
        return load_pretrained(name)
    path = newest_model(Path("runs"), program)
    trained = load_pretrained(path)
    print(f"{trained.origin.recipe}, {len(trained.class_names)} classes, from {path}", file=sys.stderr)
    return trained


def refuse_unfinished(path: Path, program: str) -> None:
    """Refuse a run that is not at its end, and a checkpoint of one.

    Raises:
        UserError: saying how to get at the trained model.
    """
    if (path / CONFIG).is_file() and not (path / MODEL_FILE).is_file():
        raise UserError(f"{path}: the run is not finished; go on with {program} train --resume {path}")
    if path.is_file() and CHECKPOINT.fullmatch(path.name):
        raise UserError(f"{path}: a checkpoint of a run; give the run directory or its model.safetensors")


def newest_model(runs: Path, program: str) -> Path:
    """Give the released model that was written last in any run of a folder."""
    models = sorted(runs.glob(f"*/{MODEL_FILE}"), key=lambda path: path.stat().st_mtime)
    if not models:
        raise UserError(f"no trained model in {runs}/; name one with --model, or train one with {program} train")
    return models[-1]
