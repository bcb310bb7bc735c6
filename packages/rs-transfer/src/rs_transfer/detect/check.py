"""Looks into a data set in the format of Pascal VOC before anything is trained on it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, UnidentifiedImageError

from rs_core.errors import UserError

# VOC counts pixels from 1, other tools from 0: a box may begin or end one pixel outside.
TOLERANCE_PX = 1


def check_voc(root: Path, sets: Sequence[str], class_names: Sequence[str]) -> None:
    """Look whether all lists, images and annotations of a ``VOCdevkit`` are there and fit each other.

    Args:
        root: the ``VOCdevkit``.
        sets: lists as ``VOC2007/trainval``.
        class_names: of which at least one object must be there.

    Raises:
        UserError: naming the first file that is missing, damaged or unfit, and what to do.
    """
    found: set[str] = set()
    for name in sets:
        year, split = name.split("/")
        for image_id in image_ids(root / year / "ImageSets" / "Main" / f"{split}.txt"):
            found.update(check_image(root / year, image_id))
    if not found & set(class_names):
        seen = ", ".join(sorted(found)[:5]) or "none at all"
        wanted = ", ".join(class_names[:5])
        raise UserError(f"{root}: no object of {wanted}, but {seen}; give class_names as they stand")


def image_ids(path: Path) -> Iterator[str]:
    """Give the image names of a list.

    Raises:
        UserError: the list is missing or empty.
    """
    try:
        lines = path.read_text().split("\n")
    except FileNotFoundError:
        raise UserError(
            f"{path}: not there; root is the VOCdevkit with VOC2007 and VOC2012 in it, each with ImageSets/Main"
        ) from None
    ids = [line.strip() for line in lines if line.strip()]
    if not ids:
        raise UserError(f"{path}: empty; it lists the images of the set, a name each line")
    yield from ids


def check_image(year: Path, image_id: str) -> set[str]:
    """Check an image and its annotation, and give the names of its objects.

    Raises:
        UserError: one of them is missing or damaged, or a box is not inside the image.
    """
    annotation = year / "Annotations" / f"{image_id}.xml"
    width, height = image_size(year / "JPEGImages" / f"{image_id}.jpg")
    names = set()
    for name, box in read_boxes(annotation):
        names.add(name)
        x1, y1, x2, y2 = box
        begins_inside = min(x1, y1) >= -TOLERANCE_PX
        ends_inside = x2 <= width + TOLERANCE_PX and y2 <= height + TOLERANCE_PX
        if not begins_inside or not ends_inside or x2 < x1 or y2 < y1:
            corners = ", ".join(f"{corner:g}" for corner in box)
            raise UserError(
                f"{annotation}: the box of {name!r} ({corners}) is not inside the image of {width} x {height} pixels "
                "or ends before it begins; correct it or take the object out"
            )
    return names


def image_size(path: Path) -> tuple[int, int]:
    """Give width and height in pixels, read from the header.

    Raises:
        UserError: no such file, or no image.
    """
    try:
        with Image.open(path) as image:
            return image.size
    except FileNotFoundError:
        raise UserError(f"{path}: not there, but a list names it; unpack the images again") from None
    except (UnidentifiedImageError, OSError):
        raise UserError(f"{path}: not a readable image; unpack it again") from None


def read_boxes(path: Path) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Give name and box (x1, y1, x2, y2) of every object, counted from 1 as VOC does.

    Raises:
        UserError: no such file, or another format.
    """
    try:
        for found in ElementTree.parse(path).getroot().findall("object"):
            corners = [float(found.findtext(f"bndbox/{side}", "")) for side in ("xmin", "ymin", "xmax", "ymax")]
            yield found.findtext("name", ""), (corners[0], corners[1], corners[2], corners[3])
    except FileNotFoundError:
        raise UserError(f"{path}: not there, but a list names its image; unpack the annotations again") from None
    except (ElementTree.ParseError, ValueError) as error:
        raise UserError(f"{path}: not an annotation of Pascal VOC ({error}); unpack it again") from None
