"""Ladders: rows that lead to rows, what they change, and which of them a study keeps."""

import pytest

from rs_core.recipes import Ladder, Step, get_recipe


def step(name, parent, changes, gain):
    return Step(name=name, parent=parent, changes=changes, published_gain=gain, source="test")


#            a
#          /   \
#    longer     low
#      |
#    longest
A, B = (get_recipe(name) for name in ("resnet_rs_50_i160", "resnet_rs_101_i160"))
LADDER = Ladder(
    title="test",
    published_on="nothing",
    baselines=(A, B),
    steps=(
        step("longer", A.recipe, {"epochs": 400.0}, 0.1),
        step("longest", "longer", {"epochs": 500.0, "batch_size": 8}, 0.2),
        step("low", A.recipe, {"optimizer.weight_decay": 0.0}, None),
        step("deep_low", B.recipe, {"optimizer.weight_decay": 0.0}, None),
    ),
)


def test_rows_stand_after_what_they_change_and_beside_their_baseline():
    assert LADDER.names == [A.recipe, "longer", "longest", "low", B.recipe, "deep_low"]
    assert LADDER.chain("longest") == [A.recipe, "longer", "longest"]
    assert LADDER.chain(B.recipe) == [B.recipe]


def test_changes_add_up_along_the_way_and_the_last_word_counts():
    assert LADDER.changes("longest") == {"epochs": 500.0, "batch_size": 8}
    assert LADDER.changes("longest", since="longer") == {"epochs": 500.0, "batch_size": 8}
    assert LADDER.changes("longer") == {"epochs": 400.0}
    assert LADDER.changes("low") == {"optimizer.weight_decay": 0.0}
    assert LADDER.changes(A.recipe) == {}


def test_published_gains_add_up_where_all_are_known():
    assert LADDER.published_gain("longest", "longer") == 0.2
    assert LADDER.published_gain("longest", A.recipe) == 0.3
    assert LADDER.published_gain("low", A.recipe) is None


def test_without_a_choice_all_rows_are_kept():
    assert LADDER.select(()) == LADDER.names


@pytest.mark.parametrize(
    ("patterns", "kept"),
    [
        (("longest",), [A.recipe, "longest"]),
        (("low", "longer"), [A.recipe, "longer", "low"]),
        (("*low",), [A.recipe, "low", B.recipe, "deep_low"]),
        ((B.recipe,), [B.recipe]),
    ],
)
def test_rows_bring_their_baseline_and_keep_their_order(patterns, kept):
    assert LADDER.select(patterns) == kept


def test_a_row_whose_parent_is_left_out_is_held_against_the_nearest_before_it():
    assert LADDER.nearest_kept("longest", [A.recipe, "longest"]) == A.recipe
    assert LADDER.nearest_kept("longest", LADDER.names) == "longer"
    assert LADDER.nearest_kept(A.recipe, LADDER.names) == ""


def test_an_unknown_row_is_answered_with_the_nearest_name(refusal):
    message = refusal(LADDER.select, ("low", "longr"))
    assert message.startswith(
        "there is no step 'longr' (did you mean 'longer'?); choose from resnet_rs_50_i160, longer"
    )
    assert refusal(LADDER.select, ("x*",)).startswith("there is no step 'x*'; choose")
