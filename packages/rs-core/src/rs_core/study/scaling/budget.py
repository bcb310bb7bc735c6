"""What fits a budget of time."""

import heapq
import statistics
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from rs_core.study.scaling.grid import Run
from rs_core.study.scaling.order import Group

# Of a run beside its training steps, and of the start of its processes, until something has been measured.
OVERHEAD_SECONDS = 3.0
START_SECONDS = 6.0

SecondsOf = Callable[[Run], float]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How a run's time follows from that of bare training steps.

    Args:
        slowdown: time of training over that of its bare steps.
        overhead: seconds beside training: building, evaluating, writing.
    """

    slowdown: float = 1.0
    overhead: float = OVERHEAD_SECONDS

    def seconds(self, step_seconds: float) -> float:
        """Predict the time of a run whose bare steps take so long."""
        return self.overhead + self.slowdown * step_seconds


@dataclass(frozen=True, kw_only=True)
class Timed:
    """What a finished run took.

    Args:
        step_seconds: its bare steps, predicted.
        trained_seconds: its training.
        seconds: all of it; 0 where that is not known.
    """

    step_seconds: float
    trained_seconds: float
    seconds: float = 0.0


def observed_pace(timed: Collection[Timed]) -> Pace:
    """Learn the pace of finished runs; the default where there are none.

    >>> observed_pace([Timed(step_seconds=10, trained_seconds=15, seconds=17)])
    Pace(slowdown=1.5, overhead=2)
    """
    overheads = [one.seconds - one.trained_seconds for one in timed if one.seconds]
    return Pace(
        slowdown=sum(one.trained_seconds for one in timed) / sum(one.step_seconds for one in timed) if timed else 1.0,
        overhead=statistics.median(overheads) if overheads else OVERHEAD_SECONDS,
    )


def wall_seconds(durations: Iterable[float], num_jobs: int) -> float:
    """Give how long runs take that are started in their order, each as soon as one of the jobs is free.

    >>> wall_seconds([3, 1, 1, 2], num_jobs=2)
    4.0
    """
    free_at = [0.0] * num_jobs
    for seconds in durations:
        heapq.heapreplace(free_at, free_at[0] + seconds)
    return max(free_at)


def choose(
    groups: Sequence[Group], finished: Collection[Run], seconds_of: SecondsOf, budget: float, num_jobs: int
) -> list[Run]:
    """Choose unfinished runs in the order of the groups, each group whole or not at all, as many as fit the budget."""
    chosen: list[Run] = []
    for group in groups:
        wanted = [run for run in group.runs if run not in finished]
        if START_SECONDS + wall_seconds(map(seconds_of, chosen + wanted), num_jobs) <= budget:
            chosen += wanted
    return chosen


def smallest_budget(groups: Sequence[Group], seconds_of: SecondsOf, num_jobs: int) -> float:
    """Give the time that the cheapest of the groups would take, in seconds."""
    return START_SECONDS + min(wall_seconds(map(seconds_of, group.runs), num_jobs) for group in groups)
