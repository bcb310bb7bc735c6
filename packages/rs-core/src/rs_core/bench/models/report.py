"""Everything that a measurement found, from which tables and pictures are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rs_core.bench.models.costs import Costs, count_costs
from rs_core.bench.models.measurement import Measurement
from rs_core.bench.models.rows import Row
from rs_core.bench.models.settings import Line, Setting
from rs_core.errors import UserError, nearest


@dataclass(frozen=True, kw_only=True)
class RowReport:
    """What holds for a row in every setting.

    Args:
        row: it.
        costs: by counting.
        own_top1: accuracy in per cent that the user measured, in place of the published one.
    """

    row: Row
    costs: Costs
    own_top1: float | None = None

    @property
    def top1(self) -> float | None:
        """The accuracy to draw it with, in per cent."""
        if self.own_top1 is not None:
            return self.own_top1
        return self.row.published.top1 if self.row.published else None

    @property
    def top1_source(self) -> str:
        """Where that is from; empty without one."""
        if self.own_top1 is not None:
            return "own"
        if self.row.published is None:
            return ""
        return "read off figure 5" if self.row.published.read_off else "paper"


@dataclass(frozen=True, kw_only=True)
class LineReport:
    """A row in a setting, and what was measured."""

    row: Row
    setting: Setting
    measurement: Measurement


@dataclass(frozen=True, kw_only=True)
class Report:
    """A measurement of several rows.

    Args:
        machine: on which it was, in words.
        seconds: that each line was given.
        rows: each once.
        lines: that were measured, or could not be.
    """

    machine: Mapping[str, str | int]
    seconds: float
    rows: tuple[RowReport, ...]
    lines: tuple[LineReport, ...]

    @property
    def settings(self) -> list[Setting]:
        """All settings, in order."""
        return list(dict.fromkeys(line.setting for line in self.lines))

    def of(self, row: Row) -> RowReport:
        """Give what holds for a row."""
        return next(one for one in self.rows if one.row == row)


def row_reports(rows: Sequence[Row], own_top1: Mapping[str, float]) -> tuple[RowReport, ...]:
    """Count rows, and put the accuracies of the user to them.

    Raises:
        UserError: an accuracy of a row that is not among them.
    """
    check_top1(own_top1, [str(row) for row in rows])
    return tuple(RowReport(row=row, costs=count_costs(row), own_top1=own_top1.get(str(row))) for row in rows)


def with_top1(report: Report, own_top1: Mapping[str, float]) -> Report:
    """Put more accuracies of the user to a report.

    Raises:
        UserError: an accuracy of a row that is not in it.
    """
    check_top1(own_top1, [str(one.row) for one in report.rows])
    rows = (replace(one, own_top1=own_top1.get(str(one.row), one.own_top1)) for one in report.rows)
    return replace(report, rows=tuple(rows))


def check_top1(own_top1: Mapping[str, float], rows: Sequence[str]) -> None:
    """Refuse accuracies of rows that are not measured.

    Raises:
        UserError: naming the row.
    """
    for name in own_top1:
        if name not in rows:
            raise UserError(f"--top1 {name}: is not among the rows{nearest(name, list(rows))}")


def line_reports(lines: Sequence[Line], measurements: Sequence[Measurement]) -> tuple[LineReport, ...]:
    """Put each measurement to its line."""
    return tuple(
        LineReport(row=line.row, setting=line.setting, measurement=measurement)
        for line, measurement in zip(lines, measurements, strict=True)
    )
