"""What a run directory says about itself, for people who were not there."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from rs_core.errors import UserError

FIGURES = {
    "val/top1": ("top-1", "{:.2f} %"),
    "val/top5": ("top-5", "{:.2f} %"),
    "val/loss": ("loss", "{:.4g}"),
    "val/num_images": ("images", "{:,.0f}"),
}

MACHINE = "Machine: "


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Figures on held-out data, and settings and cost of the training: text by name, in the order to print."""

    figures: dict[str, str]
    training: dict[str, str]


def read_run_record(run: Path) -> RunRecord:
    """Read ``config.yaml``, ``result.json`` and, where it is there, ``report.md`` of a finished run.

    What is not recorded is left out.

    Raises:
        UserError: no finished run there, or files that cannot be read.
    """
    config = read_mapping(run / "config.yaml", yaml.safe_load)
    result = read_mapping(run / "result.json", json.loads)
    training = {
        "recipe": text(config.get("recipe")),
        "data": data_name(config.get("data")),
        "resolution": number(config.get("resolution")),
        "epochs": number(config.get("epochs")),
        "batch size": number(config.get("batch_size")),
        "steps": number(result.get("steps")),
        "images seen": number(result.get("images_seen")),
        "time": duration(result.get("seconds")),
        "machine": machine(run / "report.md"),
    }
    return RunRecord(figures=figures(result), training={name: value for name, value in training.items() if value})


def figures(result: dict[str, Any]) -> dict[str, str]:
    """Give what was measured on held-out data."""
    measured = {}
    for name, value in result.items():
        if name.startswith("val/") and isinstance(value, int | float):
            label, style = FIGURES.get(name, (name.removeprefix("val/"), "{:.6g}"))
            measured[label] = style.format(value)
    return measured


def text(value: object) -> str:
    """Give a text, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def number(value: object) -> str:
    """Give a number with its thousands set apart, or nothing for anything else."""
    return f"{value:,}" if isinstance(value, int | float) else ""


def duration(seconds: object) -> str:
    """Give a time such as ``1:02:03``, or nothing for anything but a number."""
    return str(timedelta(seconds=round(seconds))) if isinstance(seconds, int | float) else ""


def data_name(data: object) -> str:
    """Give the last part of the data's path; where it lay on the machine that trained is nobody's business."""
    return Path(text(data.get("train_index")) or text(data.get("root"))).name if isinstance(data, dict) else ""


def machine(report: Path) -> str:
    """Give the machine that a run's report names."""
    lines = report.read_text(encoding="utf-8").splitlines() if report.is_file() else []
    return next((line.removeprefix(MACHINE).rstrip(".") for line in lines if line.startswith(MACHINE)), "")


def read_mapping(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """Read a file that holds values by name.

    Raises:
        UserError: it is not there or holds something else.
    """
    try:
        content = parse(path.read_text(encoding="utf-8"))
    except OSError:
        raise UserError(f"{path.parent}: not a finished run, {path.name} is missing; give a run directory") from None
    except (yaml.YAMLError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise UserError(f"{path}: damaged; give a run directory as rs-core train leaves it")
    return content
