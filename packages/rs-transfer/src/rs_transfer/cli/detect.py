"""``rs-transfer detect``: Faster R-CNN with a feature pyramid, on Pascal VOC or the built-in scenes."""

from rs_transfer.detect.config import DetectConfig
from rs_transfer.detect.recipes import RECIPES
from rs_transfer.mm.command import DenseCommand

COMMAND = DenseCommand(
    config_type=DetectConfig,
    recipes=RECIPES,
    about="Fine-tune Faster R-CNN with a feature pyramid on data in the format of Pascal VOC.",
)


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    COMMAND.run(arguments)
