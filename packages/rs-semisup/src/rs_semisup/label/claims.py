"""Who is at work on which range: locks that the system drops when a process ends, however it ends.

Each range is a byte of one file, which is never written. POSIX locks belong to processes and work across machines on
NFS; forked workers have no part in them. Where a file system has none, processes that are started at once may do a
range twice: they write the same bytes, so nothing but time is lost.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rs_core.errors import UserError

HELD_BY_ANOTHER = (errno.EACCES, errno.EAGAIN)
NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)

# The byte of the manifest, beyond those of all ranges.
MANIFEST_BYTE = 2**40


class Claims:
    """The ranges that this process holds, and those that others hold.

    Args:
        descriptor: of the open file.

    Attributes:
        works: whether the file system has locks, as far as is known.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.works = True

    def take(self, number: int) -> bool:
        """Claim a range, and tell whether it was free."""
        try:
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except OSError as error:
            if error.errno in HELD_BY_ANOTHER:
                return False
            self._go_without(error)
        return True

    def give_back(self, number: int) -> None:
        """Let others have a range."""
        if self.works:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN, 1, number)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for the right to write the manifest, and hold it."""
        try:
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX, 1, MANIFEST_BYTE)
        except OSError as error:
            self._go_without(error)
        try:
            yield
        finally:
            self.give_back(MANIFEST_BYTE)

    def _go_without(self, error: OSError) -> None:
        if error.errno not in NO_LOCKS_HERE:
            raise error
        self.works = False


@contextmanager
def open_claims(path: Path) -> Iterator[Claims]:
    """Open the file of claims, in a folder that is made; all that were taken are given back in the end.

    A process must open it only once at a time: POSIX drops its locks with the first descriptor that it closes.

    Raises:
        UserError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise UserError(f"{path.parent}: cannot be written ({error.strerror}); choose another folder") from error
    try:
        yield Claims(descriptor)
    finally:
        os.close(descriptor)
