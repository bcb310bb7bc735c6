"""The command line: ``rs-semisup COMMAND …``."""

from rs_core.cli.program import Program
from rs_semisup._version import __version__

PROGRAM = Program(
    name="rs-semisup",
    version=__version__,
    package=__name__,
    commands={
        "label": "let a teacher predict the classes of the images of an index",
        "verify": "prove that every row of an index is labelled exactly once",
        "select": "choose pseudo-labelled images by confidence, balanced over the classes, as a new index",
        "train": "train jointly on labelled and pseudo-labelled images, or resume a run",
        "iterate": "go from teacher to student to teacher: label, select and train, as often as asked",
        "study": "measure on the built-in digits what noise and pseudo-labels gain",
        "info": "say what a recipe takes: steps, images, days",
    },
)

main = PROGRAM.main
