import pytest
import torch
from scipy import stats
from torch import Tensor

from rs_core.data.randaugment.draws import Draws, draw

NUM_IMAGES = 40_000


@pytest.fixture(scope="module")
def draws() -> Draws:
    return draw(2, 16, NUM_IMAGES, 20, 30, torch.Generator().manual_seed(0))


def p_value(values: Tensor, num_outcomes: int) -> float:
    """Return the chance that uniform draws are at least as uneven as these."""
    counts = torch.bincount(values.flatten(), minlength=num_outcomes)
    assert len(counts) == num_outcomes
    return float(stats.chisquare(counts.numpy()).pvalue)


def test_operations_are_uniform_in_each_layer(draws: Draws):
    for layer in draws.ops:
        assert p_value(layer, 16) > 0.01


def test_layers_are_independent_so_that_an_operation_can_follow_itself(draws: Draws):
    first, second = draws.ops
    assert p_value(16 * first + second, 256) > 0.01


def test_signs_are_fair_and_do_not_depend_on_the_operation(draws: Draws):
    assert p_value(2 * draws.ops + draws.negative, 32) > 0.01


def test_centres_are_uniform_over_the_pixels(draws: Draws):
    row, column = draws.centres.unbind(-1)
    assert p_value(30 * row + column, 600) > 0.01


def test_an_image_draws_the_same_in_a_batch_and_alone():
    together = draw(3, 16, 50, 160, 224, torch.Generator().manual_seed(5))
    generator = torch.Generator().manual_seed(5)
    alone = [draw(3, 16, 1, 160, 224, generator) for _ in range(50)]
    assert torch.equal(together.ops, torch.cat([one.ops for one in alone], dim=1))
    assert torch.equal(together.negative, torch.cat([one.negative for one in alone], dim=1))
    assert torch.equal(together.centres, torch.cat([one.centres for one in alone], dim=1))
