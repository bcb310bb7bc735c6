"""The videos that a measuring command reads: ``--data``."""

import argparse
from pathlib import Path

from rs_core.data.index import SampleIndex
from rs_core.data.index.layout import DESCRIPTION
from rs_core.errors import UserError
from rs_video.config import MOVING_DIGITS, VideoDataConfig
from rs_video.index import open_video_index
from rs_video.train.samples import open_training, prepare_training


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``."""
    parser.add_argument(
        "--data",
        default=MOVING_DIGITS,
        help="folder with train/ in it, or an index of rs-video (default: the built-in moving digits)",
    )


def open_samples(name: str) -> SampleIndex:
    """Open the training videos of a folder or an index, or the built-in ones.

    Raises:
        UserError: nothing of the kind is there.
    """
    if (Path(name) / DESCRIPTION).exists():
        return open_video_index(name)
    if name != MOVING_DIGITS and not Path(name).is_dir():
        raise UserError(f"{name}: no such folder; give a folder with train/ in it, or an index")
    config = VideoDataConfig(root=name)
    prepare_training(config)
    return open_training(config)
