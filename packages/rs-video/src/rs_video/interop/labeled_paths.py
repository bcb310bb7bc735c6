"""Our index as the list that pytorchvideo's data sets are made of."""

from typing import Any

from rs_core.data.index import SampleIndex
from rs_core.errors import UserError
from rs_video.index import video_source


def labeled_video_paths(index: SampleIndex) -> list[tuple[str, dict[str, Any]]]:
    """Give path and annotation of every row, for ``pytorchvideo.data.LabeledVideoDataset(labeled_video_paths=…)``.

    The annotation is ``{"label": class index or -1, "row": row of the index}``, which the data set puts into each of
    its samples. What it cannot decode it passes over and does not say so; our loader lists it.

    Raises:
        UserError: a row whose bytes are not a whole local file (it is in a tar shard, in memory or remote), or a file
            that is gone or changed since it was indexed.
    """
    return [(_path(index, row), {"label": label, "row": row}) for row, label in enumerate(index.labels.tolist())]


def _path(index: SampleIndex, row: int) -> str:
    source = video_source(index, row)
    if isinstance(source, bytes):
        raise UserError(
            f"{index.name(row)}: pytorchvideo opens whole local files only; "
            "index the videos as files, or use the loader of rs-video"
        )
    return str(source)
