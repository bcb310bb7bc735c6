"""The built-in videos: scikit-learn's real handwritten digits in motion. The class is the motion."""

from rs_video.moving_digits.motions import CLASS_NAMES, HORIZONTAL_FLIP_IS_SAFE
from rs_video.moving_digits.written import ensure_written, open_moving_digits

__all__ = ["CLASS_NAMES", "HORIZONTAL_FLIP_IS_SAFE", "ensure_written", "open_moving_digits"]
