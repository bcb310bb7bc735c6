"""The grid: its cells, how a weight decay is meant, what is chosen, and training that diverges."""

import json
from dataclasses import replace

import pytest

from rs_core.errors import UserError
from rs_transfer.classify.config import GridConfig
from rs_transfer.classify.grid import Cell, best, cells, try_all
from rs_transfer.classify.protocol import get_protocol


def row(rate, decay, top1):
    return {"learning_rate": rate, "weight_decay": decay, "val/top1": top1}


def test_the_published_grid_has_seven_rates_and_seven_decays_and_none():
    grid = get_protocol("fine_tuning_grid").grid
    assert len(cells(grid)) == 7 * 8
    assert (grid.learning_rates[0], grid.learning_rates[-1]) == pytest.approx((1e-4, 0.1))
    assert (grid.weight_decays[0], grid.weight_decays[1], grid.weight_decays[-1]) == pytest.approx((0.0, 1e-6, 1e-3))


def test_the_published_grid_of_random_starts_is_another():
    config = get_protocol("from_random_grid")
    assert config.steps == 40_000
    assert (config.grid.learning_rates[0], config.grid.learning_rates[-1]) == pytest.approx((1e-3, 1.0))
    assert len(config.grid.weight_decays) == 8
    assert (config.grid.weight_decays[0], config.grid.weight_decays[-1]) == pytest.approx((1e-5, 10**-1.5))


def test_cells_have_names_of_their_own():
    for protocol in ("fine_tuning_grid", "from_random_grid"):
        every = cells(get_protocol(protocol).grid)
        assert len({cell.name for cell in every}) == len(every)


def test_a_weight_decay_is_divided_by_the_learning_rate():
    config = get_protocol("fine_tuning_grid")
    applied = Cell(learning_rate=0.01, weight_decay=1e-5).applied_to(config)
    assert applied.optimizer.learning_rate_per_256 == 0.01
    assert applied.optimizer.weight_decay == pytest.approx(1e-3)
    assert applied.grid == GridConfig()
    halved = Cell(learning_rate=0.01, weight_decay=1e-5).applied_to(replace(config, batch_size=128))
    assert halved.optimizer.weight_decay == pytest.approx(2e-3)


def test_the_most_accurate_cell_is_chosen():
    assert best([row(0.1, 0.0, 70.0), row(0.01, 1e-4, 80.0)]) == Cell(learning_rate=0.01, weight_decay=1e-4)


def test_of_equally_accurate_cells_the_smaller_learning_rate_is_chosen():
    table = [row(0.1, 0.0, 80.0), row(0.01, 1e-4, 80.0), row(0.01, 1e-6, 80.0), row(0.001, 0.0, 70.0)]
    assert best(table) == Cell(learning_rate=0.01, weight_decay=1e-6)


def test_a_grid_in_which_nothing_learned_is_refused():
    with pytest.raises(UserError, match=r"no cell of the grid learned anything; give smaller grid\.learning_rates"):
        best([row(1e9, 0.0, 0.0)])


def test_a_cell_that_diverges_is_a_cell_without_accuracy_and_not_tried_again(tiny, tmp_path):
    config = replace(tiny, steps=20, grid=GridConfig(learning_rates=(1.0, 1e30), weight_decays=(0.0,)))
    said = []
    table = try_all(config, tmp_path / "grid", said.append)
    assert table[0]["val/top1"] > 0
    assert table[1] == row(1e30, 0.0, 0.0)
    assert "diverged" in said[1]
    assert "not finite" in said[1]
    result = json.loads((tmp_path / "grid/lr1e+30-wd0/result.json").read_text())
    assert "not finite" in result["diverged"]
    again = []
    assert try_all(config, tmp_path / "grid", again.append) == table
    assert again == said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rates": (0.1,)}, "give both, or neither"),
        ({"weight_decays": (0.1,)}, "give both, or neither"),
        ({"learning_rates": (0.1, 0.0), "weight_decays": (0.0,)}, r"grid\.learning_rates=\[0\.1, 0\.0\]"),
        ({"learning_rates": (0.1,), "weight_decays": (-1.0,)}, r"grid\.weight_decays=\[-1\.0\]"),
        ({"learning_rates": (0.1, 0.1), "weight_decays": (0.0,)}, r"grid\.learning_rates=.*each value once"),
    ],
)
def test_impossible_grids_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        GridConfig(**change)
