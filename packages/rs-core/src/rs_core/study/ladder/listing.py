"""The rows of a ladder before anything ran: each as one line."""

from collections.abc import Sequence

from rs_core.study.ladder.results import RowResult


def listing(results: Sequence[RowResult]) -> list[str]:
    """Give each row as one line: its name, what it changes, and what was published of it."""
    width = max(len(row.name) for row in results)
    return [f"{row.name:{width}}  {change_in_words(row).replace('`', '')}{published(row)}" for row in results]


def change_in_words(row: RowResult) -> str:
    """Say what a row changes of which, and which rows between them were left out."""
    if not row.parent:
        return "baseline"
    changes = ", ".join(row.changes) or "nothing here"
    skipped = f" (with the changes of {', '.join(row.skipped)})" if row.skipped else ""
    return f"{changes}, from `{row.parent}`{skipped}"


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
