"""Joining neighbouring ranges into one read."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core.data.index.runs import join_runs

RANGES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 300), st.integers(0, 40)), max_size=30)


@settings(deadline=None)
@given(RANGES, st.integers(0, 50), st.integers(1, 200))
def test_every_range_lies_in_one_run_and_runs_keep_to_gap_and_length(ranges, gap, longest):
    files, starts, lengths = (np.array(column, np.int64) for column in zip(*ranges, strict=True)) if ranges else [
        np.zeros(0, np.int64)
    ] * 3  # fmt: skip
    stops = starts + lengths
    runs = join_runs(files, starts, stops, gap=gap, longest=longest)
    assert sorted(place for run in runs for place in run.places) == list(range(len(ranges)))
    for run in runs:
        inside = sorted((int(starts[place]), int(stops[place])) for place in run.places)
        assert {int(files[place]) for place in run.places} == {run.file}
        assert run.start == inside[0][0]
        assert run.stop == max(stop for _, stop in inside)
        assert len(inside) == 1 or run.stop - run.start <= longest
        covered = run.start
        for start, stop in inside:
            assert start - covered <= gap
            covered = max(covered, stop)


def test_ranges_of_different_files_are_never_joined():
    runs = join_runs(np.array([1, 0]), np.array([0, 0]), np.array([5, 5]), gap=100, longest=100)
    assert [(run.file, run.places) for run in runs] == [(0, [1]), (1, [0])]
