"""Which decoders there are, which can be used here, and which is taken when none is named."""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, cast, get_args

from rs_core.errors import UserError, nearest
from rs_video.decode.damaged import short_reason
from rs_video.decode.reading import Frames

Decoder = Literal["auto", "pyav", "decord", "torchcodec", "pytorchvideo"]


class Opener(Protocol):
    """Opens a file; ``errors`` are what its decoder raises of a bad one."""

    errors: tuple[type[Exception], ...]

    def __call__(self, source: bytes | Path) -> Frames:
        """Open a file."""
        ...


class Backend(NamedTuple):
    """Where a decoder is.

    Args:
        module: that reads with it.
        opener: of that module: gives the frames of a file.
        package: that it needs.
        opens_before_recycling: videos after which a worker process is better replaced, because it grows; 0 is never.
    """

    module: str
    opener: str
    package: str
    opens_before_recycling: int


# In order of preference, which is that of speed: 32 frames with stride 2 from a random start in ten seconds cost
# torchcodec 1.2 to 1.4 times the processor time of PyAV, decord 1.3 to 1.6 times, pytorchvideo 2.4 to 3.6 times
# (benchmarks/video_decode.py). Only PyAV leaves out pictures that no other refers to, reads every kind of file, and
# tells what FFmpeg has patched; the others hand patched pictures out as good ones.
# None grew by more than 5 MB from 200 opened videos to 2,000, so none needs recycling.
BACKENDS = {
    "pyav": Backend("rs_video.decode.pyav_reader", "PyavFrames", "av", 0),
    "torchcodec": Backend("rs_video.decode.torchcodec_reader", "TorchcodecFrames", "torchcodec", 0),
    "decord": Backend("rs_video.decode.decord_reader", "DecordFrames", "decord", 0),
    "pytorchvideo": Backend("rs_video.decode.pytorchvideo_reader", "PytorchvideoFrames", "pytorchvideo", 0),
}

# A missing package raises the first; libraries that a package misses, or that were built for another, the others.
IMPORT_ERRORS = (ImportError, OSError, RuntimeError)


def available_decoders() -> dict[str, str]:
    """Tell why each decoder cannot be used here; an empty text if it can.

    >>> available_decoders()["pyav"]
    ''
    """
    return {name: _load(name)[1] for name in BACKENDS}


def decoder_in_use(decoder: Decoder = "auto") -> str:
    """Return the decoder that is meant: for "auto" the first of ``BACKENDS`` that can be used.

    Raises:
        UserError: it is unknown, or cannot be used here.

    >>> decoder_in_use()
    'pyav'
    """
    if decoder == "auto":
        return next((name for name in BACKENDS if not _load(name)[1]), "") or decoder_in_use("pyav")
    if decoder not in BACKENDS:
        known = list(get_args(Decoder))
        raise UserError(f"decoder={decoder}: unknown{nearest(decoder, known)}; one of {', '.join(known)}")
    if problem := _load(decoder)[1]:
        raise UserError(f"decoder={decoder}: {problem}")
    return decoder


def opener_of(decoder: Decoder) -> Opener:
    """Return what opens a file with a decoder.

    Raises:
        UserError: it is unknown, or cannot be used here.
    """
    return cast("Opener", _load(decoder_in_use(decoder))[0])


def opens_before_recycling(decoder: Decoder) -> int:
    """Return after how many videos a worker process is better replaced, because a decoder leaks; 0 is never."""
    return BACKENDS[decoder_in_use(decoder)].opens_before_recycling


@cache
def _load(name: str) -> tuple[Opener | None, str]:
    """Import what reads with a decoder; if that fails, say why."""
    backend = BACKENDS[name]
    try:
        return getattr(import_module(backend.module), backend.opener), ""
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == backend.package:
            return None, f"{backend.package} is not installed; pip install 'rs-video[{name}]'"
        return None, f"{backend.package} does not import here: {short_reason(error)}"
    except IMPORT_ERRORS as error:
        return None, f"{backend.package} does not import here: {short_reason(error)}"
