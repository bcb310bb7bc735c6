"""``rs-transfer compare``: tasks x starting points x seeds, as a table and a plot."""

from rs_core.cli.settings import parse_settings
from rs_transfer.compare.config import CompareConfig

USAGE = "rs-transfer compare [--SETTING VALUE ...]"

DESCRIPTION = """Fine-tune networks from several starting points on several tasks, and put the figures side by side.

With no arguments it compares random weights with a network that was trained on the built-in digits 0 to 4, on five
tasks made of the digits 5 to 9. With data and checkpoints of your own:

  rs-transfer compare --voc_root VOCdevkit --tasks '[voc_detection]' --starts '[random,simclr_v2_50,mine=runs/NAME]'

The same command goes on where it stopped, and never runs a finished cell again.
"""


def run(arguments: list[str]) -> None:
    """Compare; the last line on stdout is the folder."""
    config = parse_settings(arguments, CompareConfig(), usage=USAGE, description=DESCRIPTION)
    from rs_transfer.compare.run import compare  # noqa: PLC0415  # mistakes in the arguments show at once

    print(f"run: {compare(config)}")
