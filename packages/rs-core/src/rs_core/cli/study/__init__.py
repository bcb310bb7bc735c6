"""``rs-core study STUDY …``: the studies of the paper, repeated on any data."""

from rs_core._version import __version__
from rs_core.cli.program import Program

STUDIES = Program(
    name="rs-core study",
    version=__version__,
    package=__name__,
    commands={
        "ladder": "add the changes of a study one at a time, and see what each brings",
        "scaling": "train a grid of widths, depths, resolutions and epochs, and see what wins",
        "advise": "choose depth, width and resolution for a data set, epochs and a budget",
    },
)

run = STUDIES.answer
