"""The command line: ``rs-video COMMAND …``."""

from rs_core.cli.program import Program
from rs_video._version import __version__

PROGRAM = Program(
    name="rs-video",
    version=__version__,
    package=__name__,
    commands={
        "train": "train a network of clips by a recipe, or resume a run",
        "eval": "measure a trained network over many views of held-out videos",
        "predict": "classify videos with a trained network",
        "index": "index a folder or list of videos: which can be read, how long they are",
        "reencode": "write videos smaller and with more key frames, so that random clips are cheap",
        "doctor": "say whether storage, processor or device limits training, and what to change",
        "study": "repeat the additive study of the paper: what each change of the network or its training brings",
        "bench": "measure how fast this machine cuts clips out of videos",
    },
)

main = PROGRAM.main
