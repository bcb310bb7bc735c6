"""The page of a study of a ladder, its table, and its values for programs."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rs_core.atomic import write_text_atomically
from rs_core.study.ladder.config import Config, LadderConfig
from rs_core.study.ladder.listing import as_printed, change_in_words
from rs_core.study.ladder.plot import draw_gains
from rs_core.study.ladder.results import RowResult
from rs_core.study.summary import spread

COLUMNS = ("row", "changes", "published top-1", "published gain", "top-1", "gain")


def write_report(
    study: LadderConfig[Config], rows: Mapping[str, Config], results: Sequence[RowResult], teacher_top1: float | None
) -> None:
    """Write ``report.md``, ``result.json``, ``ladder.png`` and ``ladder.svg``."""
    out = Path(study.out)
    for suffix in (".png", ".svg"):
        draw_gains(results, (out / "ladder").with_suffix(suffix), f"{heading(study)}, {seeds_in_words(study)}")
    values = {"rows": [asdict(row) for row in results], "teacher_top1": teacher_top1}
    write_text_atomically(out / "result.json", json.dumps(values, indent=2) + "\n")
    write_text_atomically(out / "report.md", page(study, rows, results, teacher_top1))


def page(
    study: LadderConfig[Config], rows: Mapping[str, Config], results: Sequence[RowResult], teacher_top1: float | None
) -> str:
    """Say what came out, and how far it can be held against what was published."""
    teacher = ""
    if teacher_top1 is not None:
        teacher = f"\nThe teacher that rows distil from has a top-1 of {teacher_top1:.2f}.\n"
    notes = "\n".join(f"* {note}" for note in how_ours_differ(study, rows))
    return f"""# {heading(study)}

{table(results)}
{teacher}
Top-1 is in per cent and gains in points; ours are {seeds_in_words(study)}. A gain is over the run of the row before it
with the same seed. Published figures are of {study.ladder.published_on}; each has its source beside it in the code.

How ours differ from what was published:

{notes}

Each run is in `ROW/seedN` with its settings; the same command goes on with what is not finished.

![points of top-1 that each row brings, published and ours](ladder.png)
"""


def heading(study: LadderConfig[Config]) -> str:
    """Give the title of the study with a capital."""
    return study.ladder.title[0].upper() + study.ladder.title[1:]


def seeds_in_words(study: LadderConfig[Config]) -> str:
    """Say what a figure is of the seeds."""
    return f"mean and standard deviation of {study.seeds} seeds" if study.seeds > 1 else "of one seed"


def table(results: Sequence[RowResult]) -> str:
    """Give the table in Markdown."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *map(cells, results)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cells(row: RowResult) -> tuple[str, ...]:
    """Give a line of the table."""
    return (
        f"`{row.name}`",
        change_in_words(row),
        as_printed(row.published_top1) if row.published_top1 else "-",
        "-" if row.published_gain is None else as_printed(row.published_gain, "+"),
        mean_and_spread(row.top1),
        mean_and_spread(row.gains, "+"),
    )


def mean_and_spread(values: Sequence[float], sign: str = "") -> str:
    """Give mean and standard deviation over the seeds; ``sign`` is ``"+"`` for gains.

    >>> mean_and_spread([1.0, 2.0], "+"), mean_and_spread([5.0]), mean_and_spread([])
    ('+1.50 ± 0.71', '5.00', '-')
    """
    if not values:
        return "-"
    mean = f"{statistics.mean(values):{sign}.2f}"
    return f"{mean} ± {spread(values):.2f}" if len(values) > 1 else mean


def how_ours_differ(study: LadderConfig[Config], rows: Mapping[str, Config]) -> list[str]:
    """Say what the published figures had that these runs have not."""
    first = rows[study.kept[0]]
    notes = [f"Data: {first.data.trained_on}, not {study.ladder.published_on}."]
    if study.laptop:
        notes.append(f"Laptop form: {study.laptop.in_words}.")
    if study.model:
        notes.append(f"Depth: that of {study.model}.")
    longest = max(rows[name].epochs for name in study.kept)
    notes.append(f"Epochs: {longest:g} in the longest row, the others in proportion.")
    if study.settings:
        given = ", ".join(f"{name}={value}" for name, value in study.settings.items())
        notes.append(f"Given for every row that does not change it itself: {given}.")
    return [*notes, *study.ladder.assumptions, "Nothing was tuned to meet the published figures."]
