"""Scenes composed of the built-in digits, with boxes, masks and depth, in the formats of VOC, ADE20K and NYU Depth."""

from rs_transfer.scenes.shapes import CLASS_NAMES
from rs_transfer.scenes.write import Scenes, write_scenes

__all__ = ["CLASS_NAMES", "Scenes", "write_scenes"]
