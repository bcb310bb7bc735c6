"""Settings of a study."""

import pytest

from rs_core.study.scaling.config import LAPTOP, PAPER, ScalingConfig
from rs_core.study.scaling.grid import Network, Point, flops_and_parameters, model_of
from rs_core.study.scaling.order import paths_at
from rs_core.study.scaling.winners import LARGEST_RATIO
from rs_core.train.config import DataConfig


def test_the_digits_have_a_laptops_grid_and_other_data_the_papers():
    assert ScalingConfig().axes == LAPTOP
    assert ScalingConfig(data=DataConfig(root="photos")).axes == PAPER


def test_every_axis_can_be_set_alone_and_is_sorted():
    axes = ScalingConfig(depths=(50, 14)).axes
    assert axes.depths == (14, 50)
    assert axes.widths == LAPTOP.widths


def test_short_runs_on_photos_have_the_papers_rules_and_the_rest_of_the_recipe():
    config = ScalingConfig(data=DataConfig(root="photos"))
    short = config.run_config(Point(10.0, Network(224, 101, 1.5)), seed=3)
    assert (short.resolution, short.epochs, short.model.blocks) == (224, 10.0, (3, 4, 23, 3))
    assert (short.label_smoothing, short.model.dropout, short.randaugment.num_layers) == (0, 0, 0)
    assert (short.optimizer.weight_decay, short.horizontal_flip, short.batch_size) == (4e-5, 0.5, 4096)
    assert (short.schedule.warmup_epochs, short.run.seed) == (1.0, 3)
    long = config.run_config(Point(350.0, Network(224, 101, 1.5)), seed=0)
    assert (long.label_smoothing, long.model.dropout, long.randaugment.magnitude) == (0.1, 0.375, 15)


def test_every_run_has_a_directory_of_its_own():
    config = ScalingConfig(seeds=2)
    directories = {config.run_config(point, seed).run.directory for point in config.points for seed in range(2)}
    assert len(directories) == 2 * len(config.points) == 2 * 3 * 3 * 3 * 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depths": (27,)}, "depth 27 (did you mean 26?)"),
        ({"resolutions": (8,)}, "resolution=8 is smaller than the network's stride 16"),
        ({"widths": (0.0,)}, "--widths [0.0]: give numbers above 0"),
        ({"widths": (0.5, 0.5)}, "--widths [0.5, 0.5]: has a value twice"),
        ({"epochs": (-1.0,)}, "--epochs [-1.0]: give numbers above 0"),
        ({"seeds": 0}, "seeds=0: give at least 1"),
        ({"budget": "7"}, "--budget '7': give a time such as 90s, 7m, 12h or 2d"),
        ({"recipe": "resnet_rs_50"}, "unknown recipe 'resnet_rs_50' (did you mean"),
        ({"precision": "bfloat8"}, "did you mean 'bfloat16'?"),
        ({"jobs": -1}, "jobs=-1: give a number of at least 0"),
    ],
)
def test_impossible_settings_are_refused_in_one_line(settings, message, refusal):
    assert message in refusal(ScalingConfig, **settings)


def test_the_laptops_grid_has_a_pair_of_equal_cost_at_every_resolution():
    config = ScalingConfig()
    costs = {
        n: float(flops_and_parameters(model_of(n, config.base_recipe.model), n.resolution)[0]) for n in config.networks
    }
    for resolution in LAPTOP.resolutions:
        best = paths_at(LAPTOP, resolution).pairs(costs)[0]
        assert 1 / LARGEST_RATIO <= best.flops_ratio <= LARGEST_RATIO
