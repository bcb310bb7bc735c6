"""A report as tables for a terminal, no wider than 120 columns."""

from collections.abc import Sequence

from rs_core.bench.models.ratios import ratios
from rs_core.bench.models.report import LineReport, Report, RowReport

COSTS = ("row", "params M", "GFLOPs", "GMACs", "activ. M", "paper: M", "GFLOPs", "V100 s", "TPU ms", "top-1", "timm")
TIMES = ("row", "batch", "ms a step", "± %", "images/s", "peak MiB")

NONE = "-"


def report_text(report: Report) -> str:
    """Give counts and published figures, then the times of each setting, then the ratios of the paper's pairs."""
    parts = [columns([COSTS, *(cost_cells(one) for one in report.rows)])]
    if any(one.top1_source == "read off figure 5" for one in report.rows):
        parts.append("~ is read off the paper's figure 5")
    if any(one.own_top1 is not None for one in report.rows):
        parts.append("* is your own")
    for setting in report.settings:
        lines = [line for line in report.lines if line.setting == setting]
        parts += ["", str(setting), columns([TIMES, *(time_cells(line) for line in lines)])]
        parts += [
            f"  {line.row}: {line.measurement.status}; {line.measurement.reason}"
            for line in lines
            if line.measurement.reason
        ]
        parts += [f"  {ratio}" for ratio in ratios(report) if ratio.setting == setting]
    return "\n".join(parts)


def cost_cells(one: RowReport) -> tuple[str, ...]:
    """Give what is counted and published for a row."""
    published = one.row.published
    rough = "~" if published and published.read_off else ""
    printed = (published.million_parameters, published.gigaflops, published.v100_seconds) if published else (None,) * 3
    top1 = NONE if one.top1 is None else f"{one.top1:g}"
    return (
        str(one.row),
        f"{one.costs.parameters / 1e6:.2f}",
        f"{one.costs.flops / 1e9:.2f}",
        f"{one.costs.macs / 1e9:.2f}",
        f"{one.costs.activations / 1e6:.1f}",
        *(number(value) for value in printed),
        NONE if published is None or published.tpu_ms is None else f"{rough}{published.tpu_ms:g}",
        f"{top1}*" if one.own_top1 is not None else f"{rough}{top1}",
        number(published.timm_top1 if published else None),
    )


def number(value: float | None) -> str:
    """Write a published figure as it was printed."""
    return NONE if value is None else f"{value:g}"


def four_digits(value: float) -> str:
    """Write a measured figure with four digits, and more only before the point.

    >>> four_digits(0.123456), four_digits(29900.4)
    ('0.1235', '29900')
    """
    return f"{value:.4g}" if value < 9999.5 else f"{value:.0f}"


def time_cells(line: LineReport) -> tuple[str, ...]:
    """Give what was measured for a line."""
    measured = line.measurement
    if measured.latency_seconds is None:
        return (str(line.row), str(measured.batch_size), measured.status, NONE, NONE, NONE)
    relative = measured.relative_half_width
    return (
        str(line.row),
        str(measured.batch_size),
        four_digits(1000 * measured.latency_seconds),
        NONE if relative is None else f"{100 * relative:.1f}",
        four_digits(measured.batch_size / measured.latency_seconds),
        NONE if measured.peak_memory_bytes is None else f"{measured.peak_memory_bytes / 2**20:.0f}",
    )


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Set rows under each other, the first column to the left and the others to the right.

    >>> print(columns([("row", "ms"), ("resnet_18@32", "1.5")]))
    row            ms
    resnet_18@32  1.5
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "\n".join(lines)
