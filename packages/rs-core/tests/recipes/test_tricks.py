"""Bag of Tricks: its figures, its two columns, and the settings that it names."""

import pytest

from rs_core.recipes.tricks import TRICKS

# arXiv 1812.01187: efficient training with batches of 256 and of 1024, the network, refinements.
BATCH_256 = (75.87, 76.03, 76.19, 76.16, 76.15)
BATCH_1024 = (75.17, 75.93, 76.37, 76.03, 76.21)
NETWORKS = (76.66, 76.87, 77.16)
REFINEMENTS = (77.91, 78.31)


def published(name):
    return tuple(TRICKS.published_top1(row) for row in TRICKS.chain(name))


def test_every_figure_is_the_published_one():
    assert published("resnet_50_batch_256_fp16") == BATCH_256
    to_smoothing = published("resnet_50_d_label_smoothing")
    assert to_smoothing == (BATCH_256[0], *BATCH_1024, *NETWORKS, *REFINEMENTS)
    assert TRICKS.published_top1("resnet_50_d_distillation") == 78.67
    assert TRICKS.published_top1("resnet_50_d_mixup") == 79.15
    assert TRICKS.published_top1("resnet_50_d_mixup_distillation") == 79.29


@pytest.mark.parametrize("step", TRICKS.steps, ids=lambda step: step.name)
def test_gains_lead_from_total_to_total(step):
    assert step.published_top1 == pytest.approx(TRICKS.published_top1(step.parent) + step.published_gain)


@pytest.mark.parametrize("step", TRICKS.steps, ids=lambda step: step.name)
def test_a_step_changes_what_it_names_and_nothing_else(step, row, changed):
    named = {setting for setting in step.changes if not setting.startswith("run.")}
    # Its temperature is the default, which is the published one.
    assert changed(row(TRICKS, step.parent), row(TRICKS, step.name)) == named - {"distillation.temperature"}


def test_the_baseline_is_the_published_one(row):
    recipe = row(TRICKS, "resnet_50_batch_256")
    assert (recipe.epochs, recipe.batch_size, recipe.optimizer.peak_learning_rate(256)) == (120, 256, 0.1)
    assert (recipe.schedule.decay, recipe.schedule.warmup_epochs) == ("step", 0)
    assert [share * recipe.epochs for share in recipe.schedule.milestones] == [30, 60, 90]
    assert (recipe.optimizer.nesterov, recipe.optimizer.weight_decay_on) == (True, "all")
    assert (recipe.model.downsampling, recipe.model.zero_gamma, recipe.resolution) == ("A", False, 224)


def test_linear_scaling_gives_four_times_the_learning_rate(row):
    recipe = row(TRICKS, "resnet_50_batch_1024")
    assert recipe.optimizer.peak_learning_rate(recipe.batch_size) == pytest.approx(0.4)


def test_both_refinements_have_their_published_settings(row):
    recipe = row(TRICKS, "resnet_50_d_mixup_distillation")
    assert (recipe.mixup_alpha, recipe.epochs) == (0.2, 200)
    assert (recipe.distillation.teacher, recipe.distillation.temperature) == (TRICKS.teacher.recipe, 20)
    assert (recipe.label_smoothing, recipe.label_smoothing_over) == (0.1, "wrong")
    assert (recipe.model.stem, recipe.model.stem_downsampling, recipe.model.downsampling) == ("deep", "max_pool", "D")


def test_the_teacher_is_trained_like_the_row_with_label_smoothing_but_is_a_152(row, changed):
    student = row(TRICKS, "resnet_50_d_label_smoothing")
    assert changed(student, TRICKS.teacher) == {"model.blocks"}
    assert TRICKS.teacher.model.blocks == (3, 8, 36, 3)
