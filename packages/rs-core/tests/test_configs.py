"""Configs as plain mappings and back."""

import dataclasses
import json
from dataclasses import dataclass

import pytest
import yaml

from rs_core import UserError
from rs_core.configs import differences, from_dict
from rs_core.models import FAMILIES
from rs_core.recipes import PUBLISHED, Recipe, laptop
from rs_core.train.config import TrainConfig, train_config
from rs_core.train.run import to_plain


@dataclass(frozen=True, kw_only=True)
class Tyre:
    width_mm: int = 200
    name: str = "tyre"


@dataclass(frozen=True, kw_only=True)
class Car:
    length_m: float
    tyre: Tyre = Tyre()
    gears: tuple[float, float] = (3.0, 1.0)
    owners: tuple[str, ...] = ()
    electric: bool = False


def through_yaml(values):
    return yaml.safe_load(yaml.safe_dump(values))


def through_json(values):
    return json.loads(json.dumps(values))


RECIPES = [*PUBLISHED.values(), *map(laptop, PUBLISHED.values())]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.recipe)
@pytest.mark.parametrize("write_and_read", [through_yaml, through_json])
def test_every_recipe_survives_yaml_and_json(recipe, write_and_read):
    config = train_config(recipe)
    for original in (recipe, config):
        plain = write_and_read(to_plain(dataclasses.asdict(original)))
        assert from_dict(type(original), plain) == original


@pytest.mark.parametrize("config", FAMILIES.values(), ids=FAMILIES)
def test_every_network_survives_json(config):
    assert from_dict(type(config), through_json(dataclasses.asdict(config))) == config


def test_what_is_left_out_takes_its_default():
    assert from_dict(Car, {"length_m": 4.5}) == Car(length_m=4.5)
    assert from_dict(Car, {"length_m": 4.5, "tyre": {"name": "slick"}}).tyre == Tyre(name="slick")


def test_values_become_the_type_of_the_field():
    car = from_dict(Car, {"length_m": 4, "gears": [3, "1e-1"], "owners": ["a", "b", "c"]})
    assert car == Car(length_m=4.0, gears=(3.0, 0.1), owners=("a", "b", "c"))
    assert [type(value) for value in (car.length_m, *car.gears)] == [float] * 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "the setting length_m is missing; give it a value"),
        ({"length_m": 1, "tire": {}}, "there is no setting tire (did you mean 'tyre'?)"),
        ({"length_m": 1, 3: 4}, "there is no setting 3"),
        ({"length_m": 1, "tyre": {"width": 3}}, "there is no setting tyre.width (did you mean 'width_mm'?)"),
        ({"length_m": 1, "tyre": 3}, "tyre=3: holds several settings, so name one of them, such as tyre.width_mm"),
        (
            {"length_m": 1, "tyre": None},
            "tyre=None: holds several settings, so name one of them, such as tyre.width_mm",
        ),
        ({"length_m": 1, "tyre": {"width_mm": 3.5}}, "tyre.width_mm=3.5: give an integer"),
        ({"length_m": 1, "tyre": {"width_mm": True}}, "tyre.width_mm=True: give an integer"),
        ({"length_m": "long"}, "length_m='long': give a number"),
        ({"length_m": True}, "length_m=True: give a number"),
        ({"length_m": None}, "length_m=None: give a number"),
        ({"length_m": float("inf")}, "length_m=inf: give a number"),
        ({"length_m": "nan"}, "length_m='nan': give a number"),
        ({"length_m": 1, "electric": 1}, "electric=1: give true or false"),
        ({"length_m": 1, "tyre": {"name": 1}}, "tyre.name=1: give text"),
        ({"length_m": 1, "gears": 3}, "gears=3: give a list"),
        ({"length_m": 1, "gears": "31"}, "gears='31': give a list"),
        ({"length_m": 1, "gears": [1, 2, 3]}, "gears=[1, 2, 3]: give a list of 2"),
        ({"length_m": 1, "owners": ["a", 2]}, "owners=2: give text"),
    ],
)
def test_what_does_not_fit_is_named_with_what_to_give(values, message):
    with pytest.raises(UserError) as caught:
        from_dict(Car, values)
    assert str(caught.value) == message


def test_the_checks_of_the_config_itself_apply():
    values = dataclasses.asdict(train_config(PUBLISHED["resnet_rs_50_i160"]))
    with pytest.raises(UserError, match=r"epochs=-1\.0"):
        from_dict(TrainConfig, values | {"epochs": -1})


def test_a_config_does_not_share_the_lists_it_was_made_from():
    plain = to_plain(dataclasses.asdict(PUBLISHED["resnet_rs_50_i160"]))
    recipe = from_dict(Recipe, plain)
    plain["model"]["blocks"].append(9)
    assert recipe.model.blocks == (3, 4, 6, 3)


def test_differences_are_named_with_both_values_and_nothing_else_is():
    before = {"epochs": 5.0, "run": {"seed": 0, "device": "cpu"}, "blocks": (1, 2)}
    after = {"epochs": 5.0, "run": {"seed": 3, "device": "cpu"}, "blocks": (1, 3)}
    assert differences(before, after) == ("run.seed=3 instead of 0", "blocks=(1, 3) instead of (1, 2)")
    assert differences(before, before) == ()
