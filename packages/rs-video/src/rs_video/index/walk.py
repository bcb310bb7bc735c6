"""The videos below a folder."""

import os
from collections.abc import Iterator
from pathlib import Path

from rs_core.data.index.storage import unreadable
from rs_video.index.video_names import VIDEO_EXTENSIONS


def videos_below(root: Path) -> Iterator[str]:
    """Yield the paths of videos relative to ``root``, sorted within each folder; hidden ones are left out.

    Links are followed, as those of folders are how subsets are often made; a folder is entered once.

    Raises:
        UserError: a folder cannot be read.
    """
    seen: set[tuple[int, int]] = set()

    def below(relative: str) -> Iterator[str]:
        folder = os.path.join(root, relative)  # noqa: PTH118  (strings: a million paths are joined in seconds)
        try:
            found = os.stat(folder)  # noqa: PTH116
            if (found.st_dev, found.st_ino) in seen:
                return
            seen.add((found.st_dev, found.st_ino))
            with os.scandir(folder) as entries:
                content = sorted((entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith("."))
        except OSError as error:
            raise unreadable(folder, error) from error
        for name, is_folder in content:
            path = f"{relative}/{name}" if relative else name
            if is_folder:
                yield from below(path)
            elif name.lower().endswith(VIDEO_EXTENSIONS):
                yield path

    yield from below("")
