"""``rs-video study STUDY …``: the studies of the paper on video, repeated on any data."""

from rs_core.cli.program import Program
from rs_video._version import __version__

STUDIES = Program(
    name="rs-video study",
    version=__version__,
    package=__name__,
    commands={"ladder": "add the changes of 3D ResNet-RS one at a time, and see what each brings"},
)

run = STUDIES.answer
