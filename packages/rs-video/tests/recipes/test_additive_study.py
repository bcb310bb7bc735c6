"""The study is a chain of single changes, from the baseline to the released network, with the published gains."""

import dataclasses
import math

import pytest

from rs_core.configs import differences
from rs_video.recipes import ADDITIVE_STUDY, PUBLISHED, get_video_recipe

STEPS = pytest.mark.parametrize("step", ADDITIVE_STUDY, ids=lambda step: step.name)


def test_it_is_one_chain_from_the_baseline_to_the_released_network():
    names = ["r3d_50", *(step.name for step in ADDITIVE_STUDY)]
    assert [step.parent for step in ADDITIVE_STUDY] == names[:-1]
    assert names[-1] == "r3d_rs_50"
    assert len(set(names)) == len(names)


@STEPS
def test_a_step_changes_what_it_names_and_nothing_else(step):
    parent, recipe = (dataclasses.asdict(get_video_recipe(name)) for name in (step.parent, step.name))
    for own in ("recipe", "published_top1"):
        del parent[own], recipe[own]
    assert {line.partition("=")[0] for line in differences(parent, recipe)} == set(step.changes)


@STEPS
def test_a_step_carries_its_published_total(step):
    assert PUBLISHED[step.name].published_top1 == step.published_top1


def test_the_published_gains_add_up_to_the_published_totals():
    # The paper: 73.4, and +4.0 by all training methods, and +0.8 by both changes of the network.
    gains = {step.name: step.published_gain for step in ADDITIVE_STUDY}
    assert gains == {
        "r3d_50_dropout": 1.0,
        "r3d_50_label_smoothing": 0.5,
        "r3d_50_stochastic_depth": 1.2,
        "r3d_50_ema": None,
        "r3d_50_lower_weight_decay": 0.2,
        "r3d_50_longer_training": 0.1,
        "r3d_50_scale_jittering": 1.0,
        "r3d_50_se": 0.5,
        "r3d_rs_50": 0.3,
    }
    total = PUBLISHED["r3d_50"].published_top1
    for step in ADDITIVE_STUDY:
        total += step.published_gain or 0.0
        if step.published_top1:
            assert math.isclose(total, step.published_top1)
    assert [step.published_top1 for step in ADDITIVE_STUDY if step.published_top1] == [77.4, 78.2]
