"""``rs-core weights``: published weights, what is stated about them, and their files on this machine."""

import json
from collections.abc import Callable

from rs_core.cli.parser import CommandParser
from rs_core.errors import UserError, nearest
from rs_core.weights.download import cache_folder, locate_published, published_state
from rs_core.weights.download.progress import megabytes
from rs_core.weights.published import PUBLISHED, PublishedWeights, find_published, list_published

ABSENT = "-"


def run(arguments: list[str]) -> None:
    """Run one action."""
    if arguments and arguments[0] in ACTIONS:
        ACTIONS[arguments[0]](arguments[1:])
        return
    parser = CommandParser("weights", "Find and download published weights.")
    parser.add_argument("action", help="list: what is published; fetch: download; path: where the files are, or belong")
    parser.add_argument(
        "names", nargs="*", default=[], help="what it is about; rs-core weights ACTION --help tells more"
    )
    action = parser.parse_args(arguments).action
    raise UserError(f"unknown action {action!r}{nearest(action, list(ACTIONS))}; choose from {', '.join(ACTIONS)}")


def run_list(arguments: list[str]) -> None:
    """Print a line, or with ``--json`` an object, for each set of weights."""
    parser = CommandParser("weights list", "Show published weights.")
    parser.add_argument("pattern", nargs="?", default="*", help="shell pattern of names, such as 'resnet_rs_50.*'")
    parser.add_argument("--json", action="store_true", help="print one JSON object per line, with addresses and checks")
    options = parser.parse_args(arguments)

    names = list_published(options.pattern)
    if not names:
        hint = nearest(options.pattern, list(PUBLISHED))
        raise UserError(f"no published weights match {options.pattern!r}{hint}; try '*{options.pattern.strip('*')}*'")
    if options.json:
        for name in names:
            print(json.dumps(details(PUBLISHED[name])))
    else:
        show_table(names)


def details(row: PublishedWeights) -> dict[str, object]:
    """Give everything that is known of some weights."""
    state = published_state(row)
    return {
        "name": row.name,
        "architecture": row.architecture,
        "layout": row.layout,
        "resolution": row.resolution,
        "top1": row.top1,
        "num_bytes": state.num_bytes,
        "sha256": row.sha256,
        "md5": row.md5,
        "cached": state.cached,
        "urls": row.urls,
        "note": row.note,
    }


def show_table(names: list[str]) -> None:
    """Print the figures of weights, aligned."""
    width = max(map(len, names))
    print(f"{'name':{width}}  {'architecture':14}  {'pixels':>6}  {'top-1':>5}  {'size':>10}  cached")
    for name in names:
        row = PUBLISHED[name]
        state = published_state(row)
        top1 = f"{row.top1:.1f}" if row.top1 is not None else ABSENT
        size = megabytes(state.num_bytes) if state.num_bytes is not None else ABSENT
        cached = "yes" if state.cached else "no"
        print(f"{name:{width}}  {row.architecture:14}  {row.resolution:6}  {top1:>5}  {size:>10}  {cached}")


def run_fetch(arguments: list[str]) -> None:
    """Download weights that are not there, check those that are, and print where they are."""
    parser = CommandParser("weights fetch", "Download published weights and print their paths.")
    parser.add_argument("names", nargs="+", metavar="NAME", help="see rs-core weights list")
    options = parser.parse_args(arguments)
    for name in options.names:
        find_published(name)
    for name in options.names:
        print(locate_published(name))


def run_path(arguments: list[str]) -> None:
    """Print the cache folder, or the place of each file of the weights named, whether or not it is there."""
    parser = CommandParser("weights path", "Show the cache folder, or where files of published weights belong.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="see rs-core weights list")
    options = parser.parse_args(arguments)
    if not options.names:
        print(cache_folder())
    for name in options.names:
        print(*published_state(find_published(name)).paths, sep="\n")


ACTIONS: dict[str, Callable[[list[str]], None]] = {"list": run_list, "fetch": run_fetch, "path": run_path}
