"""A sheet that shows some scenes with all that is known of them, as it is on disk."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image, ImageDraw

from rs_transfer.scenes.voc import palette
from rs_transfer.scenes.write import Scenes

COLUMNS = ("VOC boxes", "VOC mask", "ADE mask", "NYU depth")
NUM_ROWS = 6
CELL_PX = 192
GAP_PX = 8
CAPTION_PX = 20

SOLID, DIFFICULT = (255, 255, 0), (255, 0, 255)
FARTHEST_MM = 8000
HOLE = (255, 0, 255)

CORNERS = ("xmin", "ymin", "xmax", "ymax")


def draw_sheet(scenes: Scenes, path: Path) -> None:
    """Draw the first training scenes of VOC2012 into a PNG, a row each: boxes, class masks, depth.

    Boxes of digits that are mostly hidden, and holes of the depth, are magenta; what is near is light.
    """
    year = scenes.voc / "VOC2012"
    names = (year / "ImageSets/Main/train.txt").read_text().split()[:NUM_ROWS]
    depths = sorted((scenes.nyu / "annotations/train").iterdir())
    step = CELL_PX + GAP_PX
    sheet = Image.new("RGB", (len(COLUMNS) * step + GAP_PX, CAPTION_PX + len(names) * step), "white")
    captions = ImageDraw.Draw(sheet)
    for column, caption in enumerate(COLUMNS):
        captions.text((GAP_PX + column * step, 4), caption, fill="black")
    for row, (name, depth) in enumerate(zip(names, depths, strict=False)):
        cells = (
            with_boxes(year, name),
            enlarged(Image.open(year / "SegmentationClass" / f"{name}.png").convert("RGB")),
            in_colours(scenes.ade / "annotations/training" / f"{name}.png"),
            in_grey(depth),
        )
        for column, cell in enumerate(cells):
            sheet.paste(cell, (GAP_PX + column * step, CAPTION_PX + row * step))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def with_boxes(year: Path, name: str) -> Image.Image:
    """Draw the boxes of a picture, whose coordinates count from 1 and include the last pixel."""
    small = Image.open(year / "JPEGImages" / f"{name}.jpg")
    image = enlarged(small)
    draw = ImageDraw.Draw(image)
    scale = CELL_PX / small.width
    for element in ElementTree.parse(year / "Annotations" / f"{name}.xml").iter("object"):
        left, top, right, bottom = (int(element.findtext(f"bndbox/{key}", "0")) for key in CORNERS)
        colour = DIFFICULT if element.findtext("difficult") == "1" else SOLID
        draw.rectangle(((left - 1) * scale, (top - 1) * scale, right * scale - 1, bottom * scale - 1), outline=colour)
    return image


def in_colours(path: Path) -> Image.Image:
    """Show a grey mask in VOC's colours."""
    with Image.open(path) as mask:
        return enlarged(Image.fromarray(palette()[np.asarray(mask)]))


def in_grey(path: Path) -> Image.Image:
    """Show a depth map, the nearest in white."""
    with Image.open(path) as image:
        depth_mm = np.asarray(image)
    grey = 255 - np.minimum(depth_mm, FARTHEST_MM) * (255 / FARTHEST_MM)
    colours = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    colours[(depth_mm == 0) | (depth_mm == np.iinfo(np.uint16).max)] = HOLE
    return enlarged(Image.fromarray(colours))


def enlarged(image: Image.Image) -> Image.Image:
    """Bring a picture to the size of a cell, with pixels that can be told apart."""
    return image.resize((CELL_PX, CELL_PX), Image.Resampling.NEAREST)
