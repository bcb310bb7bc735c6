"""``rs-core study scaling``: a grid of widths, depths, resolutions and epochs, and what wins at equal cost."""

from rs_core.cli.settings import parse_settings
from rs_core.study.scaling.config import ScalingConfig

USAGE = "rs-core study scaling [--SETTING VALUE ...]"

DESCRIPTION = """Train a grid of networks, as much of it as a budget of time allows, and report error against cost.

With no arguments it trains small networks on the built-in digits for seven minutes. On data of your own the grid is the
paper's, unless you name its axes:

  rs-core study scaling --data.root photos --budget 12h --depths [26,50,101] --widths [0.5,1.0] --epochs [10,100]

The report has a power law of error and FLOPs where one holds, and which of depth and width wins at equal cost for each
resolution and number of epochs. The same command goes on where it stopped; with a larger budget, it trains more of the
grid.
"""


def run(arguments: list[str]) -> None:
    """Study; the last line on stdout is the folder."""
    config = parse_settings(arguments, ScalingConfig(), usage=USAGE, description=DESCRIPTION)
    from rs_core.study.scaling.run import study_scaling  # noqa: PLC0415  # mistakes in the arguments show at once

    print(f"run: {study_scaling(config)}")
