"""Where the videos of a run are: the built-in ones, an index, or a folder or lists that are indexed on the way."""

import hashlib
import sys
from pathlib import Path

from rs_core.cli.file_progress import FileProgress
from rs_core.cores import num_cores
from rs_core.data.index import SampleIndex
from rs_core.errors import UserError
from rs_core.weights.download.cache import cache_folder
from rs_video.config import MOVING_DIGITS, VideoDataConfig
from rs_video.index import VideoIndexConfig, build_video_index, open_video_index
from rs_video.moving_digits import ensure_written


def prepare(config: VideoDataConfig) -> None:
    """Write the built-in videos, or index folder or lists, where that was not done before.

    One process of a run does it; the others open what it wrote.

    Raises:
        UserError: a folder, list or label that is not there or does not fit.
    """
    prepare_training(config)
    prepare_held_out(config, open_training(config).class_names)


def prepare_training(config: VideoDataConfig) -> None:
    """Do what ``prepare`` does for the training videos alone."""
    if config.train_index:
        return
    if config.root == MOVING_DIGITS:
        ensure_written()
        return
    make_index(config, "train")


def prepare_held_out(config: VideoDataConfig, class_names: tuple[str, ...]) -> None:
    """Do what ``prepare`` does for held-out videos of these classes alone."""
    if config.val_index:
        return
    if config.root == MOVING_DIGITS and not config.val_csv:
        ensure_written()
        return
    make_index(config, "val", class_names)


def open_training(config: VideoDataConfig) -> SampleIndex:
    """Open the training videos, which also say what the classes are; ``prepare`` comes first.

    Raises:
        UserError: no index, or an index of something else.
    """
    return open_video_index(index_folder(config, "train"))


def open_held_out(config: VideoDataConfig, class_names: tuple[str, ...]) -> SampleIndex:
    """Open the held-out videos of these classes; ``prepare`` comes first.

    Raises:
        UserError: no index, or one of other classes.
    """
    folder = index_folder(config, "val")
    index = open_video_index(folder)
    if index.class_names != class_names:
        raise UserError(
            f"{folder}: has other classes ({shown(index.class_names)}) than the training videos or the model "
            f"({shown(class_names)}); index the held-out videos with --classes_from the index of the training videos"
        )
    return index


def index_folder(config: VideoDataConfig, split: str) -> Path:
    """Give the folder of an index: the one named, that of the built-in videos, or one in the cache."""
    named = config.train_index if split == "train" else config.val_index
    if named:
        return Path(named)
    if config.root == MOVING_DIGITS and not config.val_csv:
        return ensure_written() / "index" / split
    source, root = source_of(config, split), Path(config.root).absolute()
    key = hashlib.sha256(f"{source.absolute()}\n{root}".encode()).hexdigest()[:16]
    return cache_folder() / "video-indexes" / f"{root.name}-{split}-{key}"


def source_of(config: VideoDataConfig, split: str) -> Path:
    """Give what an index of the split is made from: a list or a folder.

    Raises:
        UserError: there is no such folder.
    """
    listed = config.train_csv if split == "train" else config.val_csv
    if listed:
        return Path(listed)
    folder = Path(config.root) / split
    if not folder.is_dir():
        raise UserError(f"data.root={config.root}: has no folder {split}; give data.{split}_csv, or a folder with one")
    return folder


def make_index(config: VideoDataConfig, split: str, class_names: tuple[str, ...] | None = None) -> None:
    """Index a split; only what is new is looked at."""
    source, out = source_of(config, split), index_folder(config, split)
    root = Path(config.root) if source.is_file() else None
    how = VideoIndexConfig(root=root, class_names=class_names, num_workers=num_cores())
    with FileProgress("probing") as progress:
        summary = build_video_index(source, out, how, progress)
    if summary.num_left_out:
        print(f"{source}: {summary.num_left_out:,} videos left out; listed in {out / 'skipped.jsonl'}", file=sys.stderr)


def shown(class_names: tuple[str, ...]) -> str:
    """Give the first of the names of classes, for a message."""
    return ", ".join(class_names[:3]) + (", …" if len(class_names) > 3 else "")
