"""Speed against accuracy: which rows no other row beats in both."""

from collections.abc import Sequence
from dataclasses import dataclass

from rs_core.bench.models.report import Report
from rs_core.bench.models.rows import Row
from rs_core.bench.models.settings import Setting


@dataclass(frozen=True, kw_only=True)
class Point:
    """A row in the picture.

    Args:
        row: it.
        ms_per_image: measured.
        half_width: of its 95 % interval.
        top1: in per cent.
        top1_source: of that figure.
    """

    row: Row
    ms_per_image: float
    half_width: float
    top1: float
    top1_source: str


def points(report: Report, setting: Setting) -> list[Point]:
    """Give the rows that have a time in a setting, and an accuracy."""
    found = []
    for line in report.lines:
        one, seconds = report.of(line.row), line.measurement.seconds_per_image
        if line.setting == setting and seconds is not None and one.top1 is not None:
            found.append(
                Point(
                    row=line.row,
                    ms_per_image=1000 * seconds,
                    half_width=1000 * seconds * (line.measurement.relative_half_width or 0.0),
                    top1=one.top1,
                    top1_source=one.top1_source,
                )
            )
    return found


def frontier(candidates: Sequence[Point]) -> list[Point]:
    """Give the points that no other beats: none is both at least as fast and as accurate, and better in one.

    From the fastest to the slowest; of equal points all are there.
    """
    kept = [one for one in candidates if not any(beats(other, one) for other in candidates)]
    return sorted(kept, key=lambda point: (point.ms_per_image, point.top1))


def beats(one: Point, other: Point) -> bool:
    """Tell whether a point is at least as good as another in both respects, and better in one."""
    as_good = one.ms_per_image <= other.ms_per_image and one.top1 >= other.top1
    return as_good and (one.ms_per_image, one.top1) != (other.ms_per_image, other.top1)
