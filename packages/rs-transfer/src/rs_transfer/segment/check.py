"""Whether a data set for segmentation is whole, found out before training."""

from pathlib import Path

from PIL import Image

from rs_core.errors import UserError
from rs_transfer.pairs import Pair, check_headers, sampled_maps

IGNORED = 255


def check_masks(pairs: list[Pair], num_classes: int, *, zero_is_unlabelled: bool) -> None:
    """Look at the headers of all files and at the pixels of some.

    Args:
        pairs: pictures and class masks.
        num_classes: of the data set.
        zero_is_unlabelled: whether class ``i`` is ``i + 1`` in a mask and 0 counts for nothing, as in ADE20K; 255
            counts for nothing either way.

    Raises:
        UserError: naming the file that does not fit, and what to do.
    """
    check_headers(pairs, refuse_colours)
    first, unlabelled = (1, "0 and 255") if zero_is_unlabelled else (0, "255")
    last = first + num_classes - 1
    for path, mask in sampled_maps(pairs):
        beyond = mask[(mask > last) & (mask != IGNORED)]
        if beyond.size:
            raise UserError(
                f"{path}: holds {beyond.max()}, but the {num_classes} classes are {first} to {last}, and {unlabelled} "
                "counts for nothing; name all classes in class_names, or mend the mask"
            )


def refuse_colours(path: Path, mask: Image.Image) -> None:
    """Refuse what is no image of one 8-bit number a pixel.

    Raises:
        UserError: naming the file.
    """
    if mask.mode not in ("L", "P"):
        raise UserError(
            f"{path}: a mask in mode {mask.mode}; class masks hold the number of a class in each pixel, as grey or "
            "palette PNG"
        )
