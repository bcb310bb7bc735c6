"""The page of a study of a ladder, its table, and its values for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rs_core.atomic import write_text_atomically
from rs_core.study.ladder.config import Config, LadderConfig
from rs_core.study.ladder.plot import draw_gains
from rs_core.study.ladder.results import RowResult, mean_and_spread

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
    teacher = (
        "" if teacher_top1 is None else f"\nThe teacher of the rows that distil has a top-1 of {teacher_top1:.2f}.\n"
    )
    notes = "\n".join(f"* {note}" for note in how_ours_differ(study, rows))
    return f"""# {heading(study)}

{table(results)}
{teacher}
Top-1 and gains are in per cent and points; ours are {seeds_in_words(study)}. A gain is over the run of the row before
it with the same seed. Published figures are of {study.ladder.published_on}; where they come from stands beside each
row in `rs_core.recipes` and `rs_video.recipes`.

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


def change_in_words(row: RowResult) -> str:
    """Say what a row changes of which, and which rows between them were left out."""
    if not row.parent:
        return "baseline"
    changes = ", ".join(row.changes) or "nothing here"
    skipped = f" (with the changes of {', '.join(row.skipped)})" if row.skipped else ""
    return f"{changes}, from `{row.parent}`{skipped}"


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


def listing(results: Sequence[RowResult]) -> list[str]:
    """Give each row as one line: its name, what it changes, and what was published of it."""
    width = max(len(row.name) for row in results)
    return [f"{row.name:{width}}  {change_in_words(row).replace('`', '')}{published(row)}" for row in results]


def published(row: RowResult) -> str:
    """Give the published figures of a row in brackets, where there are any."""
    known = [as_printed(row.published_top1)] if row.published_top1 else []
    known += [] if row.published_gain is None else [as_printed(row.published_gain, "+")]
    return f"  [published: {', '.join(known)}]" if known else ""


def as_printed(value: float, sign: str = "") -> str:
    """Give a published figure with the decimals that it has, one at least.

    >>> as_printed(79.0), as_printed(0.16, "+")
    ('79.0', '+0.16')
    """
    return f"{value:{sign}.2f}".removesuffix("0")
