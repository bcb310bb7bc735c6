"""The moving digits on disk: written once, then read as any other set of videos is."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from rs_core.cores import num_cores
from rs_core.data.index import SampleIndex
from rs_core.data.index.layout import DESCRIPTION
from rs_core.data.index.store import read_description
from rs_core.errors import UserError
from rs_core.weights.download.cache import cache_folder
from rs_video.index import VideoIndexConfig, build_video_index, open_video_index
from rs_video.index.guarded import guarded
from rs_video.index.guarded_process import Failure
from rs_video.moving_digits.motions import CLASS_NAMES
from rs_video.moving_digits.videos import VIDEOS_PER_CLASS, Split, all_videos, with_digits, write_video

# Another version is other videos, so results of different versions must not be compared.
NAME = "moving-digits-v1"
TIME_LIMIT_S = 60.0


def open_moving_digits(split: Split, directory: Path | None = None) -> SampleIndex:
    """Open the videos of a split, written before if they are not there; see :func:`ensure_written`."""
    return open_video_index(ensure_written(directory) / "index" / split)


def ensure_written(directory: Path | None = None) -> Path:
    """Write the moving digits unless they are there, and give their folder.

    It holds ``train/<class>/*.mp4`` with 960 videos, ``val/<class>/*.mp4`` with 200, and the indices ``index/train``
    and ``index/val``. A video shows one of scikit-learn's digits for 32 frames at 16 a second, 64x64 pixels; the class
    is how it moves. The digits, speeds, starts, sizes and colours are random but the same each time, and those held
    out show digits that are in no training video. Processes that ask at the same time wait for one that writes.

    Args:
        directory: their folder, which is made; ``None`` for one in the cache, ``rs_core.weights.download.cache``.

    Raises:
        UserError: scikit-learn is missing, the folder holds something else, or it cannot be written.
    """
    directory = (directory or cache_folder() / NAME).absolute()
    if not _is_whole(directory):
        with _one_writer(directory):
            if not _is_whole(directory):
                _write(directory)
    return directory


def _is_whole(directory: Path) -> bool:
    """Say whether both indices are there, of all videos, where they are now."""
    for split, num_videos in VIDEOS_PER_CLASS.items():
        index = directory / "index" / split
        if not (index / DESCRIPTION).exists():
            return False
        description = read_description(index)
        if (description.root, description.num_rows) != (str(directory / split), num_videos * len(CLASS_NAMES)):
            return False
    return True


@contextmanager
def _one_writer(directory: Path) -> Iterator[None]:
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory.with_name(f".{directory.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print(f"waiting for another process that writes {directory}", file=sys.stderr, flush=True)
            lock.acquire()
    except OSError as error:
        raise UserError(
            f"cannot write in {directory.parent}: {error.strerror}; set RS_CORE_CACHE to a folder that can be written"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _write(directory: Path) -> None:
    videos = directory / "train", directory / "val"
    if directory.exists() and not all(folder.is_dir() for folder in videos):
        if any(directory.iterdir()):
            raise UserError(f"{directory}: holds something else than the moving digits; give another folder")
        directory.rmdir()
    if not directory.exists():
        _write_videos(directory)
    for split in VIDEOS_PER_CLASS:
        config = VideoIndexConfig(class_names=CLASS_NAMES, num_workers=num_cores())
        build_video_index(directory / split, directory / "index" / split, config)


def _write_videos(directory: Path) -> None:
    """Write all videos beside ``directory``, then give them its name: it holds all of them or none."""
    partial_folder = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(partial_folder, ignore_errors=True)
    videos = all_videos()
    print(f"writing the moving digits, {len(videos):,} videos, to {directory}", file=sys.stderr, flush=True)
    write = partial(write_video, folder=partial_folder)
    work = guarded(write, with_digits(videos), num_workers=num_cores(), time_limit_s=TIME_LIMIT_S)
    for (video, _), result in work:
        if isinstance(result, Failure):
            raise RuntimeError(f"{video.name} could not be written: it {result.reason}")
    partial_folder.rename(directory)
