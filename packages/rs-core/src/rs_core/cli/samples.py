"""The data set that a measuring command reads: ``--data``."""

import argparse
from pathlib import Path

from rs_core.data.digits import index_digits
from rs_core.data.folder import index_folder
from rs_core.data.index import SampleIndex, open_index
from rs_core.data.index.layout import DESCRIPTION
from rs_core.errors import UserError

DIGITS = "digits"


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``."""
    parser.add_argument(
        "--data",
        default=DIGITS,
        help="folder with train/ in it, folder with a folder per class, or an index (default: the built-in digits)",
    )


def open_samples(name: str) -> SampleIndex:
    """Open the training samples of a folder or an index, or the built-in digits.

    Raises:
        UserError: nothing of the kind is there.
    """
    if name == DIGITS:
        return index_digits("train")
    path = Path(name)
    if (path / DESCRIPTION).exists():
        return open_index(path)
    if not path.is_dir():
        raise UserError(f"{path}: no such folder; give an image folder or an index")
    if (path / "train").is_dir():
        return index_folder(path, "train")
    folder = path.absolute()
    return index_folder(folder.parent, folder.name)
