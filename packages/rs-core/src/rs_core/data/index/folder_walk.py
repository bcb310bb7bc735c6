"""Listing the images of a folder, but for subfolders that have not changed since they were listed last."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rs_core.data.index.image_names import IMAGE_EXTENSIONS
from rs_core.data.index.previous import Previous
from rs_core.data.index.storage import FileState, local_state, unreadable

# A folder that changed within the last two seconds may change once more without its time telling: file systems count
# in up to two seconds. Its time is not noted, so it is listed again.
SETTLED_NS = 2 * 10**9
UNKNOWN_TIME = -1


@dataclass
class Folder:
    """What a folder holds: subfolders by name, and images with their states. Hidden ones are left out.

    ``mtime_ns`` is when it changed last, or ``UNKNOWN_TIME``.
    """

    mtime_ns: int
    folders: list[str] = field(default_factory=list)
    images: list[tuple[str, FileState]] = field(default_factory=list)


class FolderWalk:
    """Walks below a root.

    Args:
        root: an existing folder.
        known: folders by path relative to the root, as they were; those with the same time are not listed again.
    """

    def __init__(self, root: str, known: Mapping[str, Folder]) -> None:
        self.root = root
        self.known = known

    def below(self, relative: str) -> Iterator[tuple[str, Folder]]:
        """Yield path and content of a folder and of all below it; ``""`` is the root."""
        folder = self._content(relative)
        yield relative, folder
        for name in folder.folders:
            yield from self.below(joined(relative, name))

    def _content(self, relative: str) -> Folder:
        path = joined(self.root, relative)
        try:
            mtime_ns = os.stat(path).st_mtime_ns  # noqa: PTH116  (strings: Path takes longer than the call)
            known = self.known.get(relative)
            return known if known and known.mtime_ns == mtime_ns else list_folder(path, mtime_ns)
        except OSError as error:
            raise unreadable(error.filename or path, error) from error


def list_folder(path: str, mtime_ns: int) -> Folder:
    """List a folder that changed at ``mtime_ns``."""
    settled = time.time_ns() - mtime_ns > SETTLED_NS
    folder = Folder(mtime_ns if settled else UNKNOWN_TIME)
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folder.folders.append(entry.name)
            elif entry.name.lower().endswith(IMAGE_EXTENSIONS):
                folder.images.append((entry.name, local_state(entry.stat())))
    return folder


def known_folders(previous: Previous) -> dict[str, Folder]:
    """Give the folders of an index as they were when it was built."""
    names, mtimes_ns = previous.stored.folders
    known = {os.fsdecode(names[i]): Folder(int(mtimes_ns[i])) for i in range(len(names))}
    for path in known:
        parent, _, name = path.rpartition("/")
        if path and parent in known:
            known[parent].folders.append(name)
    for file in range(len(previous.files)):
        parent, _, name = os.fsdecode(previous.files.names[file]).rpartition("/")
        known[parent].images.append((name, previous.files.state(file)))
    return known


def joined(folder: str, name: str) -> str:
    """Join two parts of a path, either of which may be empty.

    >>> joined("cat", "1.jpg"), joined("", "cat"), joined("/data", "")
    ('cat/1.jpg', 'cat', '/data')
    """
    return f"{folder}/{name}" if folder and name else folder or name
