"""What a study found, row by row, beside what was published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rs_core.study.ladder.config import Config, LadderConfig
from rs_core.study.ladder.rows import difference


@dataclass(frozen=True, kw_only=True)
class RowResult:
    """A row of the table.

    Args:
        name: of the row.
        parent: the nearest row before it that was trained, empty for a baseline.
        skipped: rows from there to this one that were left out; their changes are in its difference.
        changes: what it changes of that parent, a setting each.
        published_top1: in per cent, 0 where it is not known.
        published_gain: points over the parent, ``None`` where it is not known.
        top1: in per cent, a value for each seed.
        gains: points over the run of the parent with the same seed.
    """

    name: str
    parent: str
    skipped: tuple[str, ...]
    changes: tuple[str, ...]
    published_top1: float
    published_gain: float | None
    top1: Sequence[float] = ()
    gains: Sequence[float] = ()


def row_results(
    study: LadderConfig[Config], rows: Mapping[str, Config], top1: Mapping[str, Sequence[float]]
) -> list[RowResult]:
    """Put the rows of a study together with their top-1 by row, a value for each seed; without values before it ran."""
    return [row_result(study, rows, name, top1) for name in study.kept]


def row_result(
    study: LadderConfig[Config], rows: Mapping[str, Config], name: str, top1: Mapping[str, Sequence[float]]
) -> RowResult:
    """Hold a row against the nearest one before it that is trained."""
    ladder, kept = study.ladder, study.kept
    parent = ladder.nearest_kept(name, kept)
    chain = ladder.chain(name)
    values = top1.get(name, ())
    return RowResult(
        name=name,
        parent=parent,
        skipped=tuple(chain[chain.index(parent) + 1 : -1]) if parent else (),
        changes=difference(rows[parent], rows[name]) if parent else (),
        published_top1=ladder.published_top1(name),
        published_gain=ladder.published_gain(name, parent) if parent else None,
        top1=values,
        gains=[own - before for own, before in zip(values, top1.get(parent, ()), strict=True)] if parent else (),
    )
