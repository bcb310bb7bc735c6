"""The frontier of speed and accuracy."""

from hypothesis import given
from hypothesis import strategies as st

from rs_core.bench.models.pareto import Point, frontier, points
from rs_core.bench.models.rows import Row

NUMBERS = st.integers(1, 8).map(float)


def point(ms, top1):
    return Point(row=Row("resnet_18", 32), ms_per_image=ms, half_width=0.0, top1=top1, top1_source="own")


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1))
def test_no_row_on_the_frontier_is_beaten_and_every_other_is_by_one_on_it(pairs):
    candidates = [point(ms, top1) for ms, top1 in pairs]
    best = frontier(candidates)
    for one in best:
        assert not any(other.ms_per_image < one.ms_per_image and other.top1 >= one.top1 for other in candidates)
        assert not any(other.ms_per_image <= one.ms_per_image and other.top1 > one.top1 for other in candidates)
    for one in candidates:
        assert one in best or any(b.ms_per_image <= one.ms_per_image and b.top1 >= one.top1 for b in best)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1))
def test_along_the_frontier_accuracy_grows_with_time(pairs):
    best = frontier([point(ms, top1) for ms, top1 in pairs])
    assert [one.top1 for one in best] == sorted(one.top1 for one in best)
    assert [one.ms_per_image for one in best] == sorted(one.ms_per_image for one in best)


def test_rows_without_a_time_or_an_accuracy_are_no_points(report, setting):
    assert [str(one.row) for one in points(report, setting)] == [
        "resnet_rs_101@160",
        "efficientnet_b2@260",
        "resnet_rs_152@224",
    ]


def test_an_accuracy_of_your_own_makes_a_point_and_replaces_the_published_one(make_report, setting):
    report = make_report({"resnet_18@64": 0.1, "resnet_rs_50@160": 0.2}, {"resnet_18@64": 70.5, "resnet_rs_50@160": 80})
    assert [(one.top1, one.top1_source) for one in points(report, setting)] == [(70.5, "own"), (80, "own")]
