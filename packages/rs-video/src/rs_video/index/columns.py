"""The columns that an index of videos has beside labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rs_video.index.probe import VideoFacts

# Named after the fields of ``VideoFacts``, which say what they mean.
COLUMNS: dict[str, DTypeLike] = {
    "num_frames": np.int32,
    "frame_rate": np.float32,
    "duration": np.float32,
    "height": np.int16,
    "width": np.int16,
    "variable_frame_rate": np.bool_,
}


def to_columns(facts: Sequence[VideoFacts]) -> dict[str, NDArray[Any]]:
    """Give the columns of videos, each of shape [rows]."""
    return {name: np.array([getattr(each, name) for each in facts], dtype) for name, dtype in COLUMNS.items()}
