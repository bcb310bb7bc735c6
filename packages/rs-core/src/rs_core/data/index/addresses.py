"""What a person may write for a set of files: paths, ``train-{0000..0011}.tar``, ``train-*.tar``, folders of tars."""

import glob
import re
from pathlib import Path

from rs_core.data.index.storage import is_remote, join, remote_filesystem, unreadable
from rs_core.errors import UserError

# First number, last number.
_BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}")
_COMPRESSED = re.compile(r"\.(tgz|tbz2|txz|tar\.(gz|bz2|xz|zst|lz4|Z))$", re.IGNORECASE)


def expand_braces(text: str) -> list[str]:
    """Write out ranges of numbers; those with a leading zero keep their width.

    >>> expand_braces("train-{08..11}.tar")
    ['train-08.tar', 'train-09.tar', 'train-10.tar', 'train-11.tar']
    """
    match = _BRACES.search(text)
    if not match:
        return [text]
    first, last = match[1], match[2]
    if int(first) > int(last):
        raise UserError(f"{text}: {match[0]} counts down; write {{{last}..{first}}}")
    width = len(first) if first.startswith("0") else 0
    heads = [f"{text[: match.start()]}{number:0{width}}" for number in range(int(first), int(last) + 1)]
    return [head + tail for head in heads for tail in expand_braces(text[match.end() :])]


def expand(text: str) -> list[str]:
    """Return the files that a text names, sorted where it does not give their order.

    Raises:
        UserError: nothing is there, or what is there is compressed.
    """
    if _BRACES.search(text):
        paths = expand_braces(text)
    elif any(sign in text for sign in "*?["):
        paths = _matches(text)
    elif _is_folder(text):
        paths = _tars_in(text)
    else:
        paths = [text]
    for path in paths:
        if _COMPRESSED.search(path):
            raise UserError(f"{path}: compressed; unpack it to a plain .tar, in which samples can be read in place")
    return paths


def _is_folder(text: str) -> bool:
    if not is_remote(text):
        return Path(text).is_dir()
    return not text.lower().endswith((".tar", ".csv", ".parquet")) and not _COMPRESSED.search(text)


def _tars_in(folder: str) -> list[str]:
    paths = [path for path in _listing(folder) if path.endswith(".tar")]
    if not paths:
        raise UserError(f"{folder}: no .tar in it; give a folder of shards")
    return sorted(paths)


def _listing(folder: str) -> list[str]:
    if not is_remote(folder):
        return [str(path) for path in Path(folder).iterdir() if not path.name.startswith(".")]
    try:
        found = remote_filesystem(folder).ls(folder, detail=False)
    except Exception as error:
        raise unreadable(folder, error) from error
    return [join(folder, name.rstrip("/").rpartition("/")[2]) for name in found]


def _matches(pattern: str) -> list[str]:
    if is_remote(pattern):
        protocol = pattern.partition("://")[0]
        try:
            found = remote_filesystem(pattern).glob(pattern)
        except Exception as error:
            raise unreadable(pattern, error) from error
        paths = [path if is_remote(path) else f"{protocol}://{path.lstrip('/')}" for path in found]
    else:
        paths = glob.glob(pattern)  # noqa: PTH207  (Path's takes no absolute patterns)
    if not paths:
        raise UserError(f"{pattern}: matches nothing; check the path, and quote it if the shell expands it")
    return sorted(paths)
