"""Counts of every row of table 7 against what the paper prints."""

import pytest

from rs_core.bench.models.costs import count_costs
from rs_core.bench.models.published import TABLE_7
from rs_core.bench.models.rows import Row

pytest.importorskip("timm", reason="timm has the EfficientNets")

# Printed FLOPs that are neither within 1 % of the count nor what it rounds to, with the billions that are counted.
FLOPS_THAT_DIFFER = {
    # 17.49 under every way of counting the released layout; all other rows of ResNet-RS agree.
    "resnet_rs_152@192": 17.49,
    # The paper took these as twice the billions that Tan & Le 2019 (arXiv 1905.11946, table 2) print: 1.8, 4.2, 9.9 and
    # 37. So 3.6 has the rounding of 1.8, which the count has too; the other three are below the count of the released
    # networks, in which both of timm's builds agree.
    "efficientnet_b3@300": 3.65,
    "efficientnet_b4@380": 8.79,
    "efficientnet_b5@456": 20.53,
    "efficientnet_b7@600": 75.49,
}


def agrees(counted, printed):
    """Tell whether a count is within 1 % of a printed figure, or rounds to it."""
    half_a_digit = 0.5 * 10 ** -len(str(printed).partition(".")[2])
    return abs(counted - printed) <= max(0.01 * printed, half_a_digit)


@pytest.mark.parametrize("published", TABLE_7, ids=lambda published: published.row)
def test_counts_are_those_of_table_7(published):
    costs = count_costs(Row(published.model, published.resolution))
    assert agrees(costs.parameters / 1e6, published.million_parameters)
    if published.row in FLOPS_THAT_DIFFER:
        assert not agrees(costs.flops / 1e9, published.gigaflops)
        assert round(costs.flops / 1e9, 2) == FLOPS_THAT_DIFFER[published.row]
    else:
        assert agrees(costs.flops / 1e9, published.gigaflops)
    assert costs.macs * 2 == costs.flops


def test_an_efficientnet_rs_is_the_efficientnet_at_another_resolution():
    small, large = count_costs(Row("efficientnet_rs_b4", 192)), count_costs(Row("efficientnet_b4", 380))
    assert small.parameters == large.parameters
    assert small.flops < large.flops / 3
