"""The report as one HTML page that needs nothing besides itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from rs_core.bench.models.intervals import METHOD
from rs_core.bench.models.pareto import frontier, points
from rs_core.bench.models.ratios import ratios
from rs_core.bench.models.report import LineReport, Report, RowReport
from rs_core.bench.models.settings import Setting
from rs_core.bench.models.table import four_digits

TEMPLATE = Path(__file__).with_name("page.html")


@dataclass(frozen=True)
class Column:
    """A column of figures: the name to sort by, its head, where its value is, and how it is written."""

    name: str
    head: str
    value: Callable[[LineReport, RowReport], float | None]
    words: Callable[[float], str]


def mib(line: LineReport, _row: RowReport) -> float | None:
    """Give peak memory in MiB."""
    peak = line.measurement.peak_memory_bytes
    return None if peak is None else peak / 2**20


def latency_ms(line: LineReport, _row: RowReport) -> float | None:
    """Give the latency of a step in ms."""
    seconds = line.measurement.latency_seconds
    return None if seconds is None else 1000 * seconds


def ms_per_image(line: LineReport, _row: RowReport) -> float | None:
    """Give the time of an image in ms."""
    seconds = line.measurement.seconds_per_image
    return None if seconds is None else 1000 * seconds


def interval(line: LineReport, _row: RowReport) -> float | None:
    """Give half the 95 % interval in per cent of the mean."""
    relative = line.measurement.relative_half_width
    return None if relative is None else 100 * relative


def v100_seconds(_line: LineReport, row: RowReport) -> float | None:
    """Give the paper's seconds of a training step on a V100."""
    return row.row.published.v100_seconds if row.row.published else None


def tpu_ms(_line: LineReport, row: RowReport) -> float | None:
    """Give the paper's ms of a training step on TPUv3."""
    return row.row.published.tpu_ms if row.row.published else None


def timm_top1(_line: LineReport, row: RowReport) -> float | None:
    """Give timm's accuracy."""
    return row.row.published.timm_top1 if row.row.published else None


COLUMNS = (
    Column("top1", "top-1", lambda line, row: row.top1, "{:g}".format),
    Column("batch", "batch", lambda line, row: line.measurement.batch_size, "{:.0f}".format),
    Column("latency", "ms\na step", latency_ms, four_digits),
    Column("interval", "± %", interval, "{:.1f}".format),
    Column("image", "ms\nan image", ms_per_image, four_digits),
    Column("rate", "images/s", lambda line, row: line.measurement.images_per_second, four_digits),
    Column("memory", "peak\nMiB", mib, "{:.0f}".format),
    Column("parameters", "params\nM", lambda line, row: row.costs.parameters / 1e6, "{:.2f}".format),
    Column("flops", "GFLOPs", lambda line, row: row.costs.flops / 1e9, "{:.2f}".format),
    Column("macs", "GMACs", lambda line, row: row.costs.macs / 1e9, "{:.2f}".format),
    Column("activations", "activ.\nM", lambda line, row: row.costs.activations / 1e6, "{:.1f}".format),
    Column("v100", "V100\ns", v100_seconds, "{:g}".format),
    Column("tpu", "TPU\nms", tpu_ms, "{:g}".format),
    Column("timm", "timm\ntop-1", timm_top1, "{:g}".format),
)


def page(report: Report, pictures: Mapping[Setting, str]) -> str:
    """Write the page.

    Args:
        report: to show.
        pictures: SVG of the settings that have one.
    """
    best = {(setting, point.row) for setting in report.settings for point in frontier(points(report, setting))}
    machine = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in report.machine.items())
    parts = {
        "@MACHINE@": escape(machine),
        "@METHOD@": escape(f"{report.seconds:g} s a line. {METHOD[0].upper()}{METHOD[1:]}."),
        "@FIGURES@": "\n".join(figure(setting, svg) for setting, svg in pictures.items()),
        "@HEADS@": head("row", "row", "text") + head("setting", "setting", "text") + "".join(map(column_head, COLUMNS)),
        "@LINES@": "\n".join(
            table_row(line, report.of(line.row), on_frontier=(line.setting, line.row) in best) for line in report.lines
        ),
        "@RATIOS@": ratio_list(report),
    }
    text = TEMPLATE.read_text()
    for place, content in parts.items():
        text = text.replace(place, content)
    return text


def figure(setting: Setting, svg: str) -> str:
    """Show the picture of a setting."""
    return f"<h2>{escape(str(setting))}</h2>\n<figure>{svg}</figure>"


def head(name: str, words: str, css_class: str = "number") -> str:
    """Give the head of a column, which sorts by it."""
    button = f'<button type="button">{escape(words)}</button>'
    return f'<th data-column="{name}" class="{css_class}" scope="col">{button}</th>'


def column_head(column: Column) -> str:
    """Give the head of a column of figures."""
    return head(column.name, column.head)


def table_row(line: LineReport, row: RowReport, *, on_frontier: bool) -> str:
    """Give a line of the table; why it has no figures, or smaller batches, is the title of its name."""
    measured = line.measurement
    name = str(line.row) if measured.status == "measured" else f"{line.row} ({measured.status})"
    title = f' title="{escape(measured.reason)}"' if measured.reason else ""
    cells = [f'<td class="text"{title}>{escape(name)}</td>', f'<td class="text">{escape(str(line.setting))}</td>']
    cells += [figure_cell(column, line, row) for column in COLUMNS]
    css_class = ' class="frontier"' if on_frontier else ""
    return f"<tr{css_class}>{''.join(cells)}</tr>"


def figure_cell(column: Column, line: LineReport, row: RowReport) -> str:
    """Give a figure with what it sorts by."""
    value = column.value(line, row)
    if value is None:
        return "<td>-</td>"
    words = column.words(value)
    published = row.row.published
    if column.name == "top1" and row.own_top1 is not None:
        words += "*"
    elif column.name in ("top1", "tpu") and published and published.read_off:
        words = f"~{words}"
    return f'<td data-value="{value!r}">{words}</td>'


def ratio_list(report: Report) -> str:
    """List how much faster ResNet-RS is, setting by setting."""
    items = [f"<li>{escape(str(one.setting))}: {escape(str(one))}</li>" for one in ratios(report)]
    return f"<h2>ResNet-RS beside the EfficientNet of its accuracy</h2>\n<ul>{''.join(items)}</ul>" if items else ""
