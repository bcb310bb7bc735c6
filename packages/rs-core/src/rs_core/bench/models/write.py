"""The files of a report: the page, the pictures, and the figures that they are made of."""

import json
from pathlib import Path

from rs_core.atomic import write_text_atomically
from rs_core.bench.models.page import page
from rs_core.bench.models.pareto import points
from rs_core.bench.models.plot import draw_pareto, svg_text, write_png
from rs_core.bench.models.report import Report
from rs_core.bench.models.report_file import as_dict
from rs_core.errors import UserError


def check_folder(folder: Path) -> None:
    """Find out before a measurement whether its pictures can be drawn and kept.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        UserError: a file is in the way.
    """
    import matplotlib.figure  # noqa: F401, PLC0415

    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; name a folder for the pictures")


def write_pictures(report: Report, folder: Path) -> list[Path]:
    """Write ``bench.html``, ``bench.json`` and for each setting ``pareto_….png`` and ``.svg``; give their paths.

    A setting in which no row has both a time and an accuracy has no picture. Files of these names are replaced.
    """
    paths, pictures = [folder / "bench.html", folder / "bench.json"], {}
    for setting in report.settings:
        found = points(report, setting)
        if not found:
            continue
        figure = draw_pareto(found, str(setting))
        stem = folder / f"pareto_{str(setting).replace(' ', '_').replace(':', '')}"
        png, svg = stem.with_suffix(".png"), stem.with_suffix(".svg")
        write_png(figure, png)
        write_text_atomically(svg, svg_text(figure, background=True))
        pictures[setting] = svg_text(figure, background=False)
        paths += [png, svg]
    write_text_atomically(paths[0], page(report, pictures))
    write_text_atomically(paths[1], json.dumps(as_dict(report), indent=2) + "\n")
    return paths
