"""Whether a data set with depth is whole, found out before training."""

from pathlib import Path

from PIL import Image

from rs_core.errors import UserError
from rs_transfer.depth.metric import EvalCrop, refuse_other_sizes
from rs_transfer.pairs import Pair, check_headers, sampled_maps

# Pillow before 10.3 says "I".
SIXTEEN_BITS = ("I;16", "I")


def check_depth_maps(pairs: list[Pair], *, depth_scale: float, max_depth_m: float, crop: EvalCrop) -> None:
    """Look at the headers of all files and at the pixels of some.

    Args:
        pairs: pictures and depth maps.
        depth_scale: metres of one unit in a map.
        max_depth_m: what is farther counts as not measured.
        crop: by which the maps are judged; "none" for maps to train on.

    Raises:
        UserError: naming the file that does not fit, and what to do.
    """

    def check(path: Path, depth: Image.Image) -> None:
        refuse_8_bits(path, depth)
        if crop == "eigen":
            refuse_other_sizes(path, (depth.height, depth.width))

    check_headers(pairs, check)
    unmeasured = []
    for path, stored in sampled_maps(pairs):
        depth_m = stored * depth_scale
        if ((depth_m > 0) & (depth_m < max_depth_m)).any():
            return
        unmeasured.append(f"{path}: holds {stored.min()} to {stored.max()}")
    raise UserError(
        f"{unmeasured[0]}, so no depth between 0 and {max_depth_m:g} m at depth_scale={depth_scale:g}, nor have "
        f"{len(unmeasured) - 1} others; give the metres of one unit as depth_scale, or mend the maps"
    )


def refuse_8_bits(path: Path, depth: Image.Image) -> None:
    """Refuse what is no image of one 16-bit number a pixel.

    Raises:
        UserError: naming the file.
    """
    if depth.mode not in SIXTEEN_BITS:
        raise UserError(
            f"{path}: a depth map in mode {depth.mode}; it must be a 16-bit grey PNG, such as of millimetres: "
            "8 bits show depth, but do not measure it"
        )
