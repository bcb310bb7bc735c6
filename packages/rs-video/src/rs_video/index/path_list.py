"""Lists of paths and labels, as SlowFast, pytorchvideo and MMAction2 read them: ``path label`` or ``path,label``."""

import re
from collections.abc import Iterator
from pathlib import Path

from rs_core.data.index.labels import label_of_text
from rs_core.errors import UserError
from rs_video.index.csv_rows import not_text, open_text
from rs_video.index.listing import Listing, VideoRow, refuse_unlabelled, without_repeats
from rs_video.index.video_names import SOME_EXTENSIONS, VIDEO_EXTENSIONS

# A path up to the extension of a video, perhaps quoted; then, after a comma or space, a label.
_LINE = re.compile(
    rf"""\s*(?P<quote>["']?)(?P<path>.+?(?:{"|".join(map(re.escape, VIDEO_EXTENSIONS))}))(?P=quote)"""
    r"""(?:\s*[,;\s]\s*(?P<label>.*?))?\s*""",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\s*\w+\s*([,;\s]\s*\w+\s*)*")


def list_paths(path: Path, root: Path, *, with_labels: bool) -> Listing:
    """List the videos that a text file names, one a line, in their order.

    A label is a name, or a number that is the class index; a first line without a video is a header.

    Args:
        path: of the list.
        root: what relative paths start from, by its whole path.
        with_labels: take labels.

    Raises:
        UserError: the list cannot be read, a line names no video or lacks a label, or a video has two labels.
    """
    with open_text(path) as stream:
        try:
            rows = list(_rows(path, stream, with_labels=with_labels))
        except UnicodeDecodeError as error:
            raise not_text(path, error) from error
    if not rows:
        raise UserError(f"{path}: names no videos; write path,label with one video a line")
    if with_labels:
        refuse_unlabelled(rows)
    kept, repeats = without_repeats(rows)
    return Listing(root=str(root), rows=kept, num_listed=len(rows), left_out=repeats)


def _rows(path: Path, lines: Iterator[str], *, with_labels: bool) -> Iterator[VideoRow]:
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        match = _LINE.fullmatch(text)
        if match:
            label = label_of_text((match["label"] or "").strip("\"' ")) if with_labels else None
            yield VideoRow(match["path"], label, f"{path}, row {number}")
        elif text and not (number == 1 and _HEADER.fullmatch(text)):
            shown = text if len(text) <= 60 else f"{text[:60]}…"
            raise UserError(
                f"{path}, row {number}: {shown!r} names no video ({SOME_EXTENSIONS}); write path,label with one a line"
            )
