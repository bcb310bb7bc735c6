"""What fits a budget."""

import pytest

from rs_core.study.scaling.budget import (
    START_SECONDS,
    Pace,
    Timed,
    choose,
    observed_pace,
    smallest_budget,
    wall_seconds,
)
from rs_core.study.scaling.grid import Network, Point, Run
from rs_core.study.scaling.order import Group

RUNS = [Run(0, Point(float(epochs), Network(16, 14, 0.5))) for epochs in range(1, 6)]
GROUPS = [Group("three", tuple(RUNS[:3])), Group("long", (RUNS[4],)), Group("short", (RUNS[3],))]
SECONDS = dict(zip(RUNS, (1.0, 2.0, 3.0, 4.0, 50.0), strict=True))


def chosen(budget, finished=(), num_jobs=1):
    return choose(GROUPS, finished, SECONDS.__getitem__, START_SECONDS + budget, num_jobs)


def test_a_group_is_taken_whole_or_not_at_all():
    assert chosen(5.9) == [RUNS[3]]
    assert chosen(6.0) == RUNS[:3]


def test_what_does_not_fit_is_left_out_and_cheaper_ones_after_it_are_taken():
    assert chosen(10.0) == [*RUNS[:3], RUNS[3]]
    assert chosen(1000.0) == [*RUNS[:3], RUNS[4], RUNS[3]]


def test_finished_runs_cost_nothing_and_are_not_chosen_again():
    assert chosen(4.0, finished=RUNS[:3]) == [RUNS[3]]
    assert chosen(5.0, finished=RUNS[:1]) == RUNS[1:3]
    assert chosen(1000.0, finished=RUNS) == []


def test_more_jobs_fit_more():
    assert chosen(8.0, num_jobs=1) == RUNS[:3]
    assert chosen(8.0, num_jobs=2) == RUNS[:4]


def test_runs_start_in_their_order_as_soon_as_a_job_is_free():
    assert wall_seconds([2.0, 2.0, 2.0], 2) == 4.0
    assert wall_seconds([1.0, 5.0, 1.0, 1.0], 2) == 5.0
    assert wall_seconds([], 2) == 0.0


def test_the_smallest_budget_is_that_of_the_cheapest_group():
    assert smallest_budget(GROUPS, SECONDS.__getitem__, 1) == START_SECONDS + 4.0


def test_the_pace_is_learnt_from_finished_runs():
    timed = [
        Timed(step_seconds=10, trained_seconds=12, seconds=14),
        Timed(step_seconds=30, trained_seconds=48),
    ]
    assert observed_pace(timed) == Pace(slowdown=1.5, overhead=2)
    assert observed_pace(timed).seconds(100.0) == 152.0


def test_without_finished_runs_the_steps_alone_are_believed():
    assert observed_pace([]) == Pace()
    assert Pace().seconds(10.0) == pytest.approx(10.0 + Pace().overhead)
