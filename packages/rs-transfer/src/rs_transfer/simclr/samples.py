"""The images of a run of SimCLR, whose labels play no part."""

from pathlib import Path

from rs_core.data.folder import index_csv, index_folder
from rs_core.data.index import SampleIndex, open_index
from rs_core.train.classify import is_built_in, open_training
from rs_core.train.config import DataConfig
from rs_transfer.digits import SOURCE, index_some_digits


def open_images(config: DataConfig) -> tuple[SampleIndex, SampleIndex]:
    """Index the images to train on and those held out; the built-in digits are 0 to 4.

    Raises:
        UserError: a folder or file that is not there or does not fit.
    """
    if is_built_in(config):
        return index_some_digits("train", SOURCE), index_some_digits("val", SOURCE)
    return open_training(config), open_held_out(config)


def open_held_out(config: DataConfig) -> SampleIndex:
    """Index the held-out images, of whatever classes."""
    if config.val_index:
        return open_index(Path(config.val_index))
    if config.val_csv:
        return index_csv(Path(config.val_csv), Path(config.root))
    return index_folder(Path(config.root), "val")
