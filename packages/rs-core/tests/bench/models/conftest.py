"""A report as if it had been measured."""

from collections.abc import Callable

import pytest

from rs_core.bench.models.costs import Costs
from rs_core.bench.models.measurement import Measurement
from rs_core.bench.models.report import LineReport, Report, RowReport
from rs_core.bench.models.rows import Row, rows_of
from rs_core.bench.models.settings import Setting

TRAINING = Setting(mode="training", device="cpu", precision="float32", memory_format="channels_last", compiled=False)


def measured(row: Row, seconds: float, batch_size: int = 8) -> LineReport:
    measurement = Measurement(
        status="measured",
        reason="",
        batch_size=batch_size,
        asked_batch_size=8,
        latency_seconds=seconds,
        latency_half_width=0.02 * seconds,
        peak_memory_bytes=2**28,
        warm_up_seconds=1.0,
        num_steps=60,
        num_rounds=3,
    )
    return LineReport(row=row, setting=TRAINING, measurement=measurement)


@pytest.fixture
def setting() -> Setting:
    """Of all lines of the report."""
    return TRAINING


@pytest.fixture
def make_report() -> Callable[..., Report]:
    """Gives what makes a report of times of a step by row; a row without a time ran out of memory."""

    def make(times: dict[str, float | None], own_top1: dict[str, float] | None = None) -> Report:
        rows = {name: rows_of(name)[0] for name in times}
        lost = Measurement(status="out of memory", reason="killed <by> the system", batch_size=1, asked_batch_size=8)
        lines = [
            LineReport(row=rows[name], setting=TRAINING, measurement=lost)
            if seconds is None
            else measured(rows[name], seconds)
            for name, seconds in times.items()
        ]
        costs = Costs(parameters=35_691_912, flops=4_557_258_752, activations=6_182_400)
        return Report(
            machine={"processor": "Some & Co. <fast>", "threads": 2},
            seconds=6.0,
            rows=tuple(
                RowReport(row=row, costs=costs, own_top1=(own_top1 or {}).get(name)) for name, row in rows.items()
            ),
            lines=tuple(lines),
        )

    return make


@pytest.fixture
def report(make_report) -> Report:
    """Five rows: two pairs of the paper, of which one lacks a time, and a network without an accuracy."""
    return make_report(
        {
            "resnet_rs_101@160": 0.4,
            "efficientnet_b2@260": 0.8,
            "resnet_rs_152@224": 1.2,
            "efficientnet_b4@380": None,
            "resnet_18@64": 0.05,
        }
    )
