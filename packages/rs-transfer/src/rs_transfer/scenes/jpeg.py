"""Photos of scenes on disk."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def write_jpeg(path: Path, image: NDArray[np.uint8]) -> None:
    """Write RGB [H, W, 3] so that small things keep their colour."""
    Image.fromarray(image).save(path, quality=95, subsampling=0)
