"""How much faster ResNet-RS is than the EfficientNet of its accuracy, here and as published."""

import math
from dataclasses import dataclass

from rs_core.bench.models.published import PAIRS, PUBLISHED
from rs_core.bench.models.report import LineReport, Report
from rs_core.bench.models.settings import Setting


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Time of an image in an EfficientNet over that in a ResNet-RS; above 1, ResNet-RS is faster.

    Args:
        fast: row of the ResNet-RS.
        slow: row of the EfficientNet.
        setting: in which both were measured.
        measured: ratio.
        half_width: of its 95 % interval, from those of the two.
        batch_sizes: of the two; after halvings they differ.
        v100: published ratio of training steps in float32.
        tpu: the same on TPUv3 in bfloat16.
    """

    fast: str
    slow: str
    setting: Setting
    measured: float
    half_width: float | None
    batch_sizes: tuple[int, int]
    v100: float
    tpu: float

    def __str__(self) -> str:
        interval = "" if self.half_width is None else f" ± {self.half_width:.2f}"
        fast, slow = self.batch_sizes
        batches = "" if fast == slow else f" (batches of {fast}, {slow})"
        return (
            f"{self.fast} is {self.measured:.2f}{interval} times as fast as {self.slow}{batches}; "
            f"paper, training: {self.v100:.1f} V100, {self.tpu:.1f} TPUv3"
        )


def ratios(report: Report) -> list[Ratio]:
    """Give the ratios of the paper's pairs that were measured together, setting by setting."""
    lines = {(line.setting, str(line.row)): line for line in report.lines}
    return [
        ratio(lines[setting, fast], lines[setting, slow])
        for setting in report.settings
        for fast, slow in PAIRS
        if all(is_measured(lines.get((setting, name))) for name in (fast, slow))
    ]


def is_measured(line: LineReport | None) -> bool:
    """Tell whether there is a time."""
    return line is not None and line.measurement.seconds_per_image is not None


def ratio(fast: LineReport, slow: LineReport) -> Ratio:
    """Give the ratio of two lines that were measured."""
    measured = (slow.measurement.seconds_per_image or math.nan) / (fast.measurement.seconds_per_image or math.nan)
    relative = [line.measurement.relative_half_width for line in (fast, slow)]
    known = [width for width in relative if width is not None]
    published_fast, published_slow = PUBLISHED[str(fast.row)], PUBLISHED[str(slow.row)]
    return Ratio(
        fast=str(fast.row),
        slow=str(slow.row),
        setting=fast.setting,
        measured=measured,
        half_width=measured * math.hypot(*known) if len(known) == len(relative) else None,
        batch_sizes=(fast.measurement.batch_size, slow.measurement.batch_size),
        v100=(published_slow.v100_seconds or math.nan) / (published_fast.v100_seconds or math.nan),
        tpu=(published_slow.tpu_ms or math.nan) / (published_fast.tpu_ms or math.nan),
    )
