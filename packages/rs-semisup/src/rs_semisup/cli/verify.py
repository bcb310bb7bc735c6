"""``rs-semisup verify``: prove that every row of an index is labelled exactly once."""

from pathlib import Path

from rs_core.cli.file_progress import FileProgress
from rs_core.cli.index import counted, say
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cores import num_cores
from rs_core.data.index.store import StoredIndex, open_stored
from rs_core.errors import UserError
from rs_semisup.predictions.store import Predictions, open_predictions
from rs_semisup.predictions.verify import Verdict, verify_predictions

# More are not worth a line each.
MOST_NAMED = 20


def run(arguments: list[str]) -> None:
    """Read all predictions and say what is wrong, a line a problem; ``UserError`` if something is."""
    parser = CommandParser(
        "verify",
        "Prove that every row of an index is labelled exactly once: all files are there, whole by their checksums, and "
        "hold each row once, in order, with possible values.",
        program="rs-semisup",
    )
    parser.add_argument("predictions", metavar="PREDICTIONS", type=Path, help="what rs-semisup label wrote")
    parser.add_argument("--index", metavar="INDEX", type=Path, help="also see that this is the index that is labelled")
    parser.add_argument(
        "--workers", metavar="N", type=at_least_one, default=num_cores(), help="processes (default: one per core)"
    )
    options = parser.parse_args(arguments)

    predictions = open_predictions(options.predictions)
    stored = open_stored(options.index) if options.index else None
    with FileProgress("reading") as progress:
        verdict = verify_predictions(predictions, stored, options.workers, progress)
    for problem in verdict.problems:
        print(problem)
    if verdict.problems:
        count = counted(len(verdict.problems), "problem")
        raise UserError(f"{predictions.directory}: {count}; the lines above say what to do")
    say(verdict_lines(predictions, verdict, stored))


def verdict_lines(predictions: Predictions, verdict: Verdict, stored: StoredIndex | None) -> list[tuple[str, str]]:
    """Say that all is well, and which images could not be read."""
    manifest = predictions.manifest
    lines = [
        (
            "teacher",
            f"{manifest.teacher}, {len(manifest.class_names):,} classes, {manifest.preprocessing.resolution} px",
        ),
        ("rows", f"each of {verdict.num_rows:,} once, in {counted(manifest.num_ranges, 'file')}"),
        ("left out", f"{counted(len(verdict.unreadable), 'image')} that cannot be read"),
    ]
    for row, reason in list(verdict.unreadable.items())[:MOST_NAMED]:
        name = f", {stored.index.name(row)}" if stored else ""
        lines.append(("", f"row {row:,}{name}: {reason}"))
    if len(verdict.unreadable) > MOST_NAMED:
        lines.append(("", f"and {len(verdict.unreadable) - MOST_NAMED:,} more; the column unreadable has all"))
    return [*lines, ("verified", str(predictions.directory))]
