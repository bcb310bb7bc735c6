"""Opening an index of videos, and getting at its videos."""

from pathlib import Path

from rs_core.data.index import Files, SampleIndex, open_index
from rs_core.data.index.byte_ranges import ByteRanges
from rs_core.data.index.layout import DESCRIPTION
from rs_core.data.index.storage import is_remote, local_state, reason_of
from rs_core.data.skips import UnreadableSample
from rs_core.errors import UserError
from rs_video.index.columns import COLUMNS

ADVICE = "put the file back, or index again without it"


def open_video_index(path: str | Path, *, root: str = "") -> SampleIndex:
    """Open an index that ``rs-video index`` wrote; ``rs_video.index.columns.COLUMNS`` names its columns.

    Args:
        path: folder of the index.
        root: where the videos are now, if they were moved as a whole; empty for where they were.

    Raises:
        UserError: it is no index, damaged, or an index of something else than videos.
    """
    if not (Path(path) / DESCRIPTION).exists():
        raise UserError(f"{path}: no index there; make one with: rs-video index SOURCE --out {path}")
    index = open_index(path, root=root)
    lacking = [name for name in COLUMNS if name not in index.columns]
    if lacking:
        raise UserError(f"{path}: an index without {lacking[0]}; make one with: rs-video index SOURCE --out …")
    return index


def video_source(index: SampleIndex, row: int) -> Path | bytes:
    """Give what a decoder opens: the path of a row that is a whole local file, of any other its bytes.

    Raises:
        UnreadableSample: the file is gone, or its bytes cannot be read.
        UserError: the file changed since it was indexed, so what the index says of it may be wrong.
    """
    source = index.source
    if isinstance(source, Files):
        return Path(source.name(row))
    if isinstance(source, ByteRanges):
        file = int(source.file[row])
        path = source.files.path(file)
        if source.offset[row] == 0 and source.length[row] == source.files.sizes[file] and not is_remote(path):
            try:
                source.files.check_unchanged(file, local_state(Path(path).stat()))
            except OSError as error:
                raise UnreadableSample(path, f"cannot be read ({reason_of(error)})", ADVICE) from error
            return Path(path)
    return index.read(row)
