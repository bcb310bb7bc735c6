"""Rows by name, and what is published about them."""

import pytest

from rs_core.bench.models.published import PAIRS, PUBLISHED, TABLE_7
from rs_core.bench.models.rows import GROUPS, Row, parse_rows
from rs_core.recipes import get_recipe, list_recipes


def names(*arguments):
    return [str(row) for row in parse_rows(arguments)]


def test_a_row_is_a_model_at_a_resolution():
    assert parse_rows(["resnet_rs_50@96", "efficientnet_b4@380"]) == [
        Row("resnet_rs_50", 96),
        Row("efficientnet_b4", 380),
    ]


def test_a_model_alone_brings_the_resolutions_that_are_published_of_it():
    assert names("resnet_rs_152") == ["resnet_rs_152@192", "resnet_rs_152@224", "resnet_rs_152@256"]
    assert names("efficientnet_rs_b5") == ["efficientnet_rs_b5@256", "efficientnet_rs_b5@288"]


def test_a_row_that_is_named_twice_is_measured_once():
    assert names("resnet_rs_50@160", "resnet_rs_50") == ["resnet_rs_50@160"]


def test_the_groups_are_the_tables_of_the_paper():
    assert len(GROUPS["table7"]) == 19
    assert set(GROUPS["table7"]) == set(GROUPS["resnet_rs"]) | set(GROUPS["efficientnet"])
    assert len(GROUPS["efficientnet"]) == len(GROUPS["efficientnet_rs"]) == 8


def test_the_rows_of_resnet_rs_are_those_of_the_recipes():
    recipes = [get_recipe(name) for name in list_recipes() if name.startswith("resnet_rs_") and "_i" in name]
    by_recipe = {f"{recipe.recipe.replace('_i', '@')}": recipe.published_top1 for recipe in recipes}
    in_table = {row.row: row.top1 for row in TABLE_7 if row.model.startswith("resnet_rs")}
    assert in_table == {row: by_recipe[row] for row in in_table}


def test_the_published_speed_ups_follow_from_the_published_times():
    printed = {"resnet_rs_101@160": (2.1, 1.8), "resnet_rs_152@224": (2.7, 2.2), "resnet_rs_152@256": (2.3, 1.7)}
    printed |= {"resnet_rs_270@256": (2.2, 1.9), "resnet_rs_350@256": (3.3, 2.7)}
    for fast, slow in PAIRS:
        v100 = PUBLISHED[slow].v100_seconds / PUBLISHED[fast].v100_seconds
        tpu = PUBLISHED[slow].tpu_ms / PUBLISHED[fast].tpu_ms
        # The paper divided times of which it prints two digits.
        assert (v100, tpu) == pytest.approx(printed[fast], abs=0.06)


@pytest.mark.parametrize(("resolution", "magnitude"), [(224, 10), (225, 15), (320, 15), (321, 20)])
def test_efficientnet_rs_carries_randaugment_by_the_rule_of_the_paper(resolution, magnitude):
    assert Row("efficientnet_rs_b4", resolution).randaugment_magnitude == magnitude


def test_only_efficientnet_rs_carries_a_magnitude():
    assert Row("efficientnet_b4", 380).randaugment_magnitude is None


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("resnet_rs_5@160", "no model 'resnet_rs_5' (did you mean 'resnet_rs_50'?)"),
        ("eficientnet_b4@380", "(did you mean 'efficientnet_b4'?)"),
        ("table_7", "(did you mean 'table7'?)"),
        ("resnet_18", "no resolution of it is published, so give one, such as resnet_18@224"),
        ("resnet_18@", "give the resolution in pixels"),
        ("resnet_18@0", "give the resolution in pixels"),
        ("resnet_18@99999", "1 to 4096"),
        ("r3d_rs_50@224", "takes clips of video"),
    ],
)
def test_what_is_no_row_is_answered_with_one_line(refusal, name, complaint):
    assert complaint in refusal(parse_rows, [name])
