"""Table 2: each network and regularisation with both weight decays, with the figures on minival."""

import pytest

from rs_core.recipes.weight_decay import WEIGHT_DECAY

# arXiv 2103.07579, table 2: with 1e-4, with 4e-5.
PUBLISHED = {
    "resnet_50_none": (79.7, 78.7),
    "resnet_50_ra_ls": (82.4, 82.3),
    "resnet_50_ra_ls_do": (82.2, 82.7),
    "resnet_200_none": (82.5, 81.7),
    "resnet_200_ra_ls": (85.2, 84.9),
    "resnet_200_ra_ls_sd_do": (85.3, 85.5),
}
GAINS = (-1.0, -0.1, 0.5, -0.8, -0.3, 0.2)
PAIRS = pytest.mark.parametrize("name", PUBLISHED)


def low(name):
    return f"{name}_lower_weight_decay"


def test_it_has_the_published_pairs_and_nothing_else():
    assert WEIGHT_DECAY.names == [row for name in PUBLISHED for row in (name, low(name))]
    top1 = WEIGHT_DECAY.published_top1
    assert {name: (top1(name), top1(low(name))) for name in PUBLISHED} == PUBLISHED
    assert tuple(WEIGHT_DECAY.published_gain(low(name), name) for name in PUBLISHED) == GAINS


@PAIRS
def test_a_pair_differs_in_weight_decay_alone(name, row, changed):
    high, lower = row(WEIGHT_DECAY, name), row(WEIGHT_DECAY, low(name))
    assert changed(high, lower) == {"optimizer.weight_decay"}
    assert (high.optimizer.weight_decay, lower.optimizer.weight_decay) == (1e-4, 4e-5)


@PAIRS
def test_a_row_has_the_regularisation_that_its_name_says(name, row):
    recipe = row(WEIGHT_DECAY, name)
    parts = name.split("_")[2:]
    assert (recipe.randaugment.num_layers > 0) == ("ra" in parts)
    assert (recipe.label_smoothing > 0) == ("ls" in parts)
    assert (recipe.model.drop_path_rate > 0) == ("sd" in parts)
    assert (recipe.model.dropout > 0) == ("do" in parts)
    assert recipe.resolution == {"50": 224, "200": 256}[name.split("_")[1]]
    assert (recipe.epochs, recipe.schedule.decay, recipe.model.se_ratio) == (350, "cosine", 0)
