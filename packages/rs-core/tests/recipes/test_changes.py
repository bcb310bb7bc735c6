"""A recipe as a difference from another one."""

import dataclasses

import pytest

from rs_core import UserError
from rs_core.recipes import get_recipe, with_changes

RECIPE = get_recipe("resnet_rs_50_i160")


def test_a_change_replaces_its_setting_and_no_other():
    changed = with_changes(RECIPE, {"model.dropout": 0.5, "epochs": 3.0})
    assert changed.model == dataclasses.replace(RECIPE.model, dropout=0.5)
    assert dataclasses.replace(changed, model=RECIPE.model, epochs=RECIPE.epochs) == RECIPE


def test_no_change_gives_the_same_recipe():
    assert with_changes(RECIPE, {}) == RECIPE


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.drop": 0.5}, "there is no setting model.drop"),
        ({"modle.dropout": 0.5}, "there is no setting modle .did you mean 'model'"),
        ({"model.dropout": 1.5}, "dropout=1.5"),
        ({"epochs": "many"}, "epochs='many': give a number"),
    ],
)
def test_what_a_recipe_cannot_take_is_refused_in_one_line(changes, message):
    with pytest.raises(UserError, match=message) as caught:
        with_changes(RECIPE, changes)
    assert "\n" not in str(caught.value)
