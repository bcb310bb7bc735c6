"""``rs-transfer segment``: FCN, UPerNet or DeepLabV3 on Pascal VOC, ADE20K or the built-in scenes."""

from rs_transfer.mm.command import DenseCommand
from rs_transfer.segment.config import SegmentConfig
from rs_transfer.segment.recipes import RECIPES

COMMAND = DenseCommand(
    config_type=SegmentConfig,
    recipes=RECIPES,
    about="Fine-tune FCN, UPerNet or DeepLabV3 on data in the format of Pascal VOC or ADE20K.",
)


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    COMMAND.run(arguments)
