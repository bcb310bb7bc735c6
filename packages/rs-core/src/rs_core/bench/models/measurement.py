"""Measuring lines: rounds over all of them, each round of each line in a process of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean
from typing import Literal

from rs_core.bench.models.intervals import estimate
from rs_core.bench.models.own_process import Failed, OutOfMemory, in_own_process
from rs_core.bench.models.round import Round, measure_round
from rs_core.bench.models.settings import Line

Status = Literal["measured", "out of memory", "failed"]

MeasureRound = Callable[[Line, float, int], Round]

IN_OWN_PROCESS = partial(in_own_process, measure_round)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What came out for a line; figures are ``None`` where there are none.

    Args:
        status: whether it was measured.
        reason: why not, or what happened on the way, such as halved batches.
        batch_size: that fitted.
        asked_batch_size: to begin with.
        latency_seconds: of a step, on average.
        latency_half_width: of its 95 % interval.
        peak_memory_bytes: allocated on the device, or resident on a CPU; the most of all rounds.
        warm_up_seconds: of the first round: building, compiling, choosing kernels.
        num_steps: that were timed.
        num_rounds: processes that timed them.
    """

    status: Status
    reason: str
    batch_size: int
    asked_batch_size: int
    latency_seconds: float | None = None
    latency_half_width: float | None = None
    peak_memory_bytes: int | None = None
    warm_up_seconds: float | None = None
    num_steps: int = 0
    num_rounds: int = 0

    @property
    def seconds_per_image(self) -> float | None:
        """Latency shared out to the images of a batch."""
        return self.latency_seconds / self.batch_size if self.latency_seconds else None

    @property
    def images_per_second(self) -> float | None:
        """Batch size over latency."""
        return self.batch_size / self.latency_seconds if self.latency_seconds else None

    @property
    def relative_half_width(self) -> float | None:
        """Half the 95 % interval as a share of the mean; of the rate it is the same, to first order."""
        if self.latency_seconds is None or self.latency_half_width is None:
            return None
        return self.latency_half_width / self.latency_seconds


@dataclass
class Progress:
    """A line on its way: the batch that fits, and the rounds so far."""

    line: Line
    batch_size: int
    rounds: list[Round]
    status: Status = "measured"
    reason: str = ""


def measure(
    lines: Sequence[Line],
    *,
    seconds: float,
    num_rounds: int,
    num_threads: int = 0,
    tell: Callable[[str], None] = lambda text: None,
    run_round: MeasureRound = IN_OWN_PROCESS,
) -> list[Measurement]:
    """Measure lines in rounds: all of them once, then all again, so that each meets the machine at several times.

    Where memory does not suffice, the batch is halved until it does; a line that never fits, or fails, is told as such.

    Args:
        lines: to measure.
        seconds: of each line, over all its rounds, after warm-up.
        num_rounds: in which each line is measured.
        num_threads: of the processor; 0 are as many as usual.
        tell: gets a few words about each round.
        run_round: does one round of a line.
    """
    progress = [Progress(line=line, batch_size=line.batch_size, rounds=[]) for line in lines]
    for number in range(1, num_rounds + 1):
        for place, one in enumerate(progress, start=1):
            if one.status == "measured":
                tell(f"round {number}/{num_rounds}, line {place}/{len(lines)}: {one.line.row} {one.line.setting}")
                add_round(one, lambda line: run_round(line, seconds / num_rounds, num_threads), tell)
    return [summary(one) for one in progress]


def add_round(one: Progress, run: Callable[[Line], Round], tell: Callable[[str], None]) -> None:
    """Measure one more round, with half the batch, and half of that, where memory is short."""
    while True:
        try:
            one.rounds.append(run(replace(one.line, batch_size=one.batch_size)))
            tell(f"  {1000 * fmean(one.rounds[-1].block_seconds):.4g} ms a step")
            return
        except OutOfMemory as error:
            tell(f"  out of memory with batches of {one.batch_size}: {error}")
            # What was measured with a larger batch is no measurement of this one.
            one.rounds.clear()
            if one.batch_size == 1:
                one.status, one.reason = "out of memory", str(error)
                return
            one.batch_size //= 2
            one.reason = f"batch halved from {one.line.batch_size}: {error}"
        except Failed as error:
            tell(f"  failed: {error}")
            one.rounds.clear()
            one.status, one.reason = "failed", str(error)
            return


def summary(one: Progress) -> Measurement:
    """Give the figures of a line after its last round."""
    common = Measurement(
        status=one.status, reason=one.reason, batch_size=one.batch_size, asked_batch_size=one.line.batch_size
    )
    if not one.rounds:
        return common
    latency = estimate([round_.block_seconds for round_ in one.rounds])
    return replace(
        common,
        latency_seconds=latency.mean,
        latency_half_width=latency.half_width,
        peak_memory_bytes=max(round_.peak_memory_bytes for round_ in one.rounds),
        warm_up_seconds=one.rounds[0].warm_up_seconds,
        num_steps=sum(len(round_.block_seconds) * round_.steps_per_block for round_ in one.rounds),
        num_rounds=len(one.rounds),
    )
