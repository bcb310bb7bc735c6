"""A report as JSON and back."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from rs_core.bench.models.costs import Costs
from rs_core.bench.models.intervals import METHOD
from rs_core.bench.models.measurement import Measurement
from rs_core.bench.models.ratios import ratios
from rs_core.bench.models.report import LineReport, Report, RowReport
from rs_core.bench.models.rows import rows_of
from rs_core.bench.models.settings import Setting
from rs_core.errors import UserError

FORMAT = "rs-core bench 1"


def as_dict(report: Report) -> dict[str, Any]:
    """Give all figures, those that follow from others too, with flat lines."""
    return {
        "format": FORMAT,
        "machine": dict(report.machine),
        "method": METHOD,
        "seconds": report.seconds,
        "rows": [row_as_dict(one) for one in report.rows],
        "lines": [line_as_dict(one) for one in report.lines],
        "ratios": [dataclasses.asdict(one) for one in ratios(report)],
    }


def row_as_dict(one: RowReport) -> dict[str, Any]:
    """Give the counts of a row, and what is published about it."""
    return {
        "row": str(one.row),
        **dataclasses.asdict(one.costs),
        "macs": one.costs.macs,
        "own_top1": one.own_top1,
        "top1": one.top1,
        "top1_source": one.top1_source,
        "randaugment_magnitude": one.row.randaugment_magnitude,
        "published": dataclasses.asdict(one.row.published) if one.row.published else None,
    }


def line_as_dict(one: LineReport) -> dict[str, Any]:
    """Give the figures of a line."""
    return {
        "row": str(one.row),
        **dataclasses.asdict(one.setting),
        **dataclasses.asdict(one.measurement),
        "seconds_per_image": one.measurement.seconds_per_image,
        "images_per_second": one.measurement.images_per_second,
        "relative_half_width": one.measurement.relative_half_width,
    }


def read_report(path: Path) -> Report:
    """Read what ``rs-core bench --json`` printed.

    Raises:
        UserError: there is no such file, or it holds something else.
    """
    try:
        values = json.loads(path.read_text())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; give what rs-core bench ROW --json printed") from None
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); give what rs-core bench ROW --json printed") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise UserError(f"{path}: not printed by rs-core bench ROW --json of this version ({FORMAT!r})")
    try:
        return report_of(values)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: damaged ({type(error).__name__}: {error}); measure again") from None


def report_of(values: dict[str, Any]) -> Report:
    """Build a report of what ``as_dict`` gave; what follows from other figures is calculated anew."""
    rows = [
        RowReport(row=rows_of(one["row"])[0], costs=picked(Costs, one), own_top1=one["own_top1"])
        for one in values["rows"]
    ]
    lines = [
        LineReport(row=rows_of(one["row"])[0], setting=picked(Setting, one), measurement=picked(Measurement, one))
        for one in values["lines"]
    ]
    return Report(machine=values["machine"], seconds=values["seconds"], rows=tuple(rows), lines=tuple(lines))


def picked(cls: type[Any], values: dict[str, Any]) -> Any:
    """Build a dataclass of its own fields among others."""
    return cls(**{field.name: values[field.name] for field in dataclasses.fields(cls)})
