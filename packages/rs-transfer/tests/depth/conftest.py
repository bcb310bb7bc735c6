"""A small data set with depth, to be damaged."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from rs_transfer.depth.config import DepthConfig
from rs_transfer.depth.recipes import TOP_DOWN_SCENES


@pytest.fixture
def nyu(tmp_path) -> DepthConfig:
    """Two training pictures and one other, 60 x 40 pixels, with holes of both kinds."""
    root = tmp_path / "nyu"
    for split, name in (("train", "office_0001"), ("train", "office_0002"), ("test", "office_0003")):
        for folder in ("images", "annotations"):
            (root / folder / split).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(root / f"images/{split}/{name}.jpg")
        depth_mm = np.resize(np.array([0, 1000, 2500, 65535], np.uint16), (40, 60))
        Image.fromarray(depth_mm).save(root / f"annotations/{split}/{name}.png")
    return replace(TOP_DOWN_SCENES, root=str(root))
