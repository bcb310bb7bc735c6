"""``rs-transfer depth``: an encoder-decoder for depth, on NYU Depth v2 or the built-in scenes."""

from rs_transfer.depth.config import DepthConfig
from rs_transfer.depth.recipes import RECIPES
from rs_transfer.mm.command import DenseCommand

COMMAND = DenseCommand(
    config_type=DepthConfig,
    recipes=RECIPES,
    about="Fine-tune an encoder-decoder that estimates depth, on data in mmsegmentation's layout of NYU Depth v2.",
)


def run(arguments: list[str]) -> None:
    """Train or resume; the last line on stdout is the run directory."""
    COMMAND.run(arguments)
