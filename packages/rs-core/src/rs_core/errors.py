"""The error that a user can act upon."""

import difflib


class UserError(Exception):
    """Bad input, said in one line: what is wrong, where, and what to do.

    The command line prints the message and leaves with exit code 2; a program can catch it.
    """


def nearest(name: str, known: list[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the known name closest to ``name``, or an empty string."""
    matches = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f" (did you mean {matches[0]!r}?)" if matches else ""
