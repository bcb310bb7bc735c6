"""What is said of a video that cannot be read."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import av

from rs_core.data.skips import UnreadableSample

REPLACE = "replace the file or remove it from the data set"

# What PyAV raises of a bad file. Odd headers make numbers that fit no type, and names that are no text.
AV_ERRORS = (av.FFmpegError, OSError, ValueError, OverflowError, EOFError)

MAX_REASON_LENGTH = 120

# Where in decord's or torchcodec's source an error arose.
PLACE_IN_SOURCE = re.compile(r"^(\[[\d:]+\] )?\S+\.cc:\d+: |^\w+, \S+\.cpp:\d+, ")


class BadVideo(Exception):
    """A video that cannot be used.

    Args:
        reason: what is wrong with it.
        advice: what to do.
    """

    def __init__(self, reason: str, advice: str = REPLACE) -> None:
        super().__init__(reason, advice)
        self.reason, self.advice = reason, advice


@contextmanager
def as_unreadable(name: Callable[[], str], errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Turn what a decoder raises of a bad video into one line.

    Args:
        name: gives what to call the sample; asked in case of an error only.
        errors: which exceptions speak of the video rather than of a mistake in the program.
    """
    try:
        yield
    except BadVideo as error:
        raise UnreadableSample(name(), error.reason, error.advice) from error
    except FileNotFoundError as error:
        raise UnreadableSample(name(), "no such file", REPLACE) from error
    except errors as error:
        raise UnreadableSample(name(), f"damaged, or not to be decoded ({short_reason(error)})", REPLACE) from error


def short_reason(error: Exception) -> str:
    """Give the part of an error's text that speaks of the video, on one line.

    >>> short_reason(ValueError("no key frame\\nStack trace:\\n 0x7f"))
    'no key frame'
    """
    text = getattr(error, "strerror", None) or str(error).split("Stack trace")[0]
    words = PLACE_IN_SOURCE.sub("", " ".join(str(text).split())) or type(error).__name__
    return words if len(words) <= MAX_REASON_LENGTH else words[: MAX_REASON_LENGTH - 1] + "…"
