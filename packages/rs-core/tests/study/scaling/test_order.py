"""The order of a grid."""

from rs_core.study.scaling.config import PAPER, Axes
from rs_core.study.scaling.grid import Network
from rs_core.study.scaling.order import ordered_groups, paths_at

AXES = Axes(widths=(0.25, 0.5, 0.75), depths=(14, 26, 50), resolutions=(16, 32), epochs=(3.0, 9.0))
# Cost as it is nearly: by the square of width and resolution, and by depth.
NETWORKS = [Network(r, d, w) for r in AXES.resolutions for d in AXES.depths for w in AXES.widths]
FLOPS = {n: n.depth * n.width**2 * n.resolution**2 for n in NETWORKS}


def test_a_grid_like_the_papers_starts_where_the_paper_does():
    paths = paths_at(PAPER, 160)
    assert paths.base == Network(160, 101, 1.0)
    assert [network.depth for network in paths.deeper] == [200, 300, 350, 400]
    assert [network.width for network in paths.wider] == [1.5, 2.0]


def test_another_grid_starts_at_its_smallest_network():
    axes = Axes(widths=(0.5, 1.0), depths=(14, 26), resolutions=(16,), epochs=(3.0,))
    assert paths_at(axes, 16).base == Network(16, 14, 0.5)


def test_wider_networks_stand_beside_the_deeper_of_nearest_cost_the_best_match_first():
    pairs = paths_at(AXES, 16).pairs(FLOPS)
    assert [(pair.deeper.depth, pair.wider.width) for pair in pairs] == [(50, 0.5), (50, 0.75)]
    assert pairs[0].flops_ratio == 50 / (4 * 14)


def test_every_run_is_there_once():
    runs = [run for group in ordered_groups(AXES, 2, FLOPS) for run in group.runs]
    assert len(runs) == len(set(runs)) == 2 * 2 * 18


def test_comparisons_come_first_the_cheapest_before_the_others():
    comparisons = ordered_groups(AXES, 1, FLOPS)[:4]
    assert [group.name for group in comparisons] == [
        "comparison at 16 px, 3 epochs",
        "comparison at 16 px, 9 epochs",
        "comparison at 32 px, 3 epochs",
        "comparison at 32 px, 9 epochs",
    ]
    assert [str(run.point.network) for run in comparisons[0].runs] == [
        "depth 14, width 0.25, 16 px",
        "depth 50, width 0.25, 16 px",
        "depth 14, width 0.5, 16 px",
    ]


def test_then_both_paths_then_the_rest_each_the_cheapest_first():
    singles = [group.runs[0].point for group in ordered_groups(AXES, 1, FLOPS)[4:]]
    is_on_path = [point.network.depth == 14 or point.network.width == 0.25 for point in singles]
    assert is_on_path == sorted(is_on_path, reverse=True)
    for on_path in (True, False):
        part = [point for point, flag in zip(singles, is_on_path, strict=True) if flag == on_path]
        costs = [point.epochs * FLOPS[point.network] for point in part]
        assert costs == sorted(costs)


def test_a_second_seed_comes_after_all_of_the_first():
    seeds = [run.seed for group in ordered_groups(AXES, 2, FLOPS) for run in group.runs]
    assert seeds == sorted(seeds)


def test_an_axis_of_one_value_leaves_nothing_to_compare_but_all_to_run():
    axes = Axes(widths=(0.25,), depths=(14, 26), resolutions=(16,), epochs=(3.0,))
    assert paths_at(axes, 16).pairs(FLOPS) == []
    assert sum(len(group.runs) for group in ordered_groups(axes, 1, FLOPS)) == 2
