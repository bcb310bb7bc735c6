"""Which videos the moving digits are, and writing one of them."""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from rs_core.data.digits import HELD_OUT_EVERY
from rs_core.errors import UserError
from rs_video.moving_digits.draw import draw_video
from rs_video.moving_digits.encode import write_mp4
from rs_video.moving_digits.motions import CLASS_NAMES, MOTIONS, Floats

Split = Literal["train", "val"]

VIDEOS_PER_CLASS: dict[Split, int] = {"train": 120, "val": 25}
NUM_FRAMES = 32
FRAME_RATE = 16


class Video(NamedTuple):
    """One of the videos; ``number`` counts those of its class."""

    split: Split
    motion: str
    number: int

    @property
    def name(self) -> str:
        """Its path below the folder of all."""
        return f"{self.split}/{self.motion}/{self.number:04}.mp4"


def all_videos() -> list[Video]:
    """Give the videos of both splits."""
    return [
        Video(split, motion, number)
        for split, num_videos in VIDEOS_PER_CLASS.items()
        for motion in CLASS_NAMES
        for number in range(num_videos)
    ]


def write_video(drawn: tuple[Video, Floats], folder: Path) -> None:
    """Draw and write a video below ``folder``.

    Args:
        drawn: which video, from which all but the digit follows, and its digit, 8x8 values in 0 to 1.
        folder: of all.
    """
    video, digit = drawn
    rng = _random_numbers(video)
    path = MOTIONS[video.motion](rng, np.arange(NUM_FRAMES, dtype=np.float64))
    file = folder / video.name
    file.parent.mkdir(parents=True, exist_ok=True)
    write_mp4(file, draw_video(digit, path, rng), FRAME_RATE)


def with_digits(videos: list[Video]) -> list[tuple[Video, Floats]]:
    """Give each video its digit, one of those that ``rs_core.data.digits`` has in the same split.

    Raises:
        UserError: scikit-learn is missing.
    """
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415  (only this data set needs it, and it takes seconds)
    except ImportError as error:
        raise UserError(
            "the moving digits come from scikit-learn, which is not installed; run: pip install 'rs-core[train]'"
        ) from error

    images = load_digits().images / 16
    held_out = np.arange(len(images)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
    digits: dict[Split, Floats] = {"train": images[~held_out], "val": images[held_out]}
    # A stream of its own, so that which digit it is says nothing of how it moves.
    return [(video, _random_numbers(video, 1).choice(digits[video.split])) for video in videos]


def _random_numbers(video: Video, stream: int = 0) -> np.random.Generator:
    split, motion = list(VIDEOS_PER_CLASS).index(video.split), CLASS_NAMES.index(video.motion)
    return np.random.default_rng([split, motion, video.number, stream])
