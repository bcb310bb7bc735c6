"""What the commands that use a trained model share: how it is named, found and loaded."""

import argparse
import sys
import typing
from pathlib import Path

from rs_core.errors import UserError
from rs_core.train.precision import Precision
from rs_core.train.release import ReleasedModel, load_model
from rs_core.train.run import CONFIG

PICKLES = (".pt", ".pth", ".pkl", ".bin", ".ckpt")


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``."""
    parser.add_argument(
        "--model",
        default="",
        help="run directory or model.safetensors (default: the newest run in runs/)",
    )


def add_device_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--device`` and ``--precision``."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 (default: auto)")
    parser.add_argument("--precision", default="auto", choices=typing.get_args(Precision))


def load_trained(name: str) -> ReleasedModel:
    """Load the model named, or the newest one in ``runs/``, and then say on stderr which it is.

    Raises:
        UserError: there is none, or it cannot be read.
    """
    if name:
        return load_model(finished(Path(name)))
    path = newest_model(Path("runs"))
    released = load_model(path)
    print(f"{released.recipe}, {len(released.class_names)} classes, from {path}", file=sys.stderr)
    return released


def finished(path: Path) -> Path:
    """Refuse what is no released model, but near one: a run that is not at its end, and a checkpoint.

    Raises:
        UserError: saying how to get at the released model.
    """
    if (path / CONFIG).is_file() and not (path / "model.safetensors").is_file():
        raise UserError(f"{path}: the run is not finished; go on with rs-core train --resume {path}")
    if path.is_file() and path.suffix in PICKLES:
        raise UserError(f"{path}: pickled files are not loaded here; give the run directory or its model.safetensors")
    return path


def newest_model(runs: Path) -> Path:
    """Give the released model that was written last in any run of a folder."""
    models = sorted(runs.glob("*/model.safetensors"), key=lambda path: path.stat().st_mtime)
    if not models:
        raise UserError(f"no trained model in {runs}/; name one with --model, or train one with rs-core train")
    return models[-1]
