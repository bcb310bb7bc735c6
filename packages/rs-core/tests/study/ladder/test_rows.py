"""The rows of a study: at their published size, shrunk, shortened, and with the settings that were given."""

from dataclasses import replace
from pathlib import Path

import pytest

from rs_core.recipes.additive import ADDITIVE
from rs_core.recipes.tricks import TRICKS
from rs_core.recipes.weight_decay import WEIGHT_DECAY
from rs_core.study.ladder.config import LadderConfig
from rs_core.study.ladder.laptop import LAPTOP
from rs_core.study.ladder.rows import difference, needs_teacher, published_rows, rows_to_train, settings_of
from rs_core.train.config import train_config

LADDERS = pytest.mark.parametrize(
    "ladder", [ADDITIVE, WEIGHT_DECAY, TRICKS], ids=["additive", "weight_decay", "tricks"]
)


def study_of(ladder, **options):
    options = {"laptop": None, "out": "out", **options}
    return LadderConfig(ladder=ladder, config_of=train_config, **options)


@LADDERS
@pytest.mark.parametrize("laptop", [None, LAPTOP], ids=["published", "laptop"])
def test_every_row_differs_from_its_parent_in_what_its_step_changes(ladder, laptop):
    rows = rows_to_train(study_of(ladder, laptop=laptop))
    for step in ladder.steps:
        changed = {line.partition("=")[0] for line in difference(rows[step.parent], rows[step.name])}
        assert changed
        # A laptop's warm-up is a share of the training, and so follows its length.
        following = {"schedule.warmup_epochs"} if laptop and "epochs" in step.changes else set()
        assert changed <= set(step.changes) | following


def test_a_row_at_its_published_size_has_the_recipe_and_claims_no_figure():
    row = published_rows(study_of(ADDITIVE))["resnet_200"]
    assert replace(row, published_top1=79.0) == train_config(ADDITIVE.baselines[0])
    assert row.published_top1 == 0


def test_settings_of_the_machine_hold_until_a_step_changes_them():
    rows = published_rows(study_of(TRICKS))
    assert rows["resnet_50_no_bias_decay"].run.precision == "float32"
    assert rows["resnet_50_fp16"].run.precision == rows["resnet_50_d_mixup"].run.precision == "float16"


def test_epochs_are_those_of_the_longest_row_and_the_others_keep_their_share():
    rows = rows_to_train(study_of(ADDITIVE, epochs=35.0))
    assert rows["resnet_200_d"].epochs == pytest.approx(35)
    assert rows["resnet_200"].epochs == pytest.approx(9)
    assert rows["resnet_200"].schedule.warmup_epochs == pytest.approx(0.5)


def test_in_laptop_form_ninety_epochs_are_six():
    rows = rows_to_train(study_of(ADDITIVE, laptop=LAPTOP))
    assert rows["resnet_200"].epochs == pytest.approx(6)
    assert rows["resnet_200_d"].epochs == pytest.approx(350 / 15)
    assert rows["resnet_200_d"].schedule.warmup_epochs == pytest.approx(350 / 15 / 9)


def test_in_laptop_form_a_row_without_a_warm_up_still_has_none():
    rows = rows_to_train(study_of(TRICKS, laptop=LAPTOP))
    assert rows["resnet_50_batch_256"].schedule.warmup_epochs == 0
    assert rows["resnet_50_warmup"].schedule.warmup_epochs == pytest.approx(rows["resnet_50_warmup"].epochs / 9)


@LADDERS
def test_the_laptop_form_keeps_what_rows_differ_in(ladder):
    published, small = (rows_to_train(study_of(ladder, laptop=laptop)) for laptop in (None, LAPTOP))
    for name, row in published.items():
        for option in ("stem", "stem_downsampling", "downsampling", "se_ratio", "zero_gamma", "dropout", "bn_momentum"):
            assert getattr(small[name].model, option) == getattr(row.model, option)
        for method in ("label_smoothing", "ema", "mixup_alpha"):
            assert getattr(small[name], method) == getattr(row, method)
        assert small[name].horizontal_flip == 0
        assert small[name].resolution >= small[name].model.stride


def test_larger_batches_and_deeper_networks_stay_so_in_laptop_form():
    rows = rows_to_train(study_of(TRICKS, laptop=LAPTOP))
    assert rows["resnet_50_batch_256"].batch_size < rows["resnet_50_batch_1024"].batch_size
    assert sum(rows["resnet_50_d"].model.blocks) < sum(rows[TRICKS.teacher.recipe].model.blocks)


def test_another_network_gives_its_depth_and_leaves_the_rest_to_the_rows():
    own = published_rows(study_of(TRICKS))
    rows = rows_to_train(study_of(TRICKS, model="resnet_rs_101"))
    baseline = rows["resnet_50_batch_256"]
    assert baseline.recipe == "resnet_rs_101_by_resnet_50_batch_256"
    assert baseline.model == replace(own["resnet_50_batch_256"].model, blocks=(3, 4, 23, 3))


def test_an_unknown_network_is_answered_with_the_nearest_name(refusal):
    assert "did you mean 'resnet_101'" in refusal(rows_to_train, study_of(ADDITIVE, model="resnet_11"))
    assert "a network of clips, and the rows" in refusal(rows_to_train, study_of(ADDITIVE, model="r3d_50"))


def test_a_setting_holds_in_every_row_that_does_not_change_it():
    rows = rows_to_train(study_of(ADDITIVE, settings={"model.dropout": 0.5, "batch_size": 128}))
    assert {row.batch_size for row in rows.values()} == {128}
    dropout = {name: row.model.dropout for name, row in rows.items()}
    assert dropout["resnet_200"] == dropout["resnet_200_randaugment"] == 0.5
    assert dropout["resnet_200_dropout"] == dropout["resnet_200_d"] == 0.25


def test_a_setting_that_a_row_cannot_take_is_refused(refusal):
    assert "label_smoothing=1.5" in refusal(rows_to_train, study_of(ADDITIVE, settings={"label_smoothing": 1.5}))


def test_rows_distil_from_the_run_of_the_ladders_teacher_or_from_the_one_that_is_named():
    own = study_of(TRICKS)
    rows = rows_to_train(own)
    assert rows["resnet_50_d_distillation"].distillation.teacher == str(Path("out/resnet_152_d_teacher/seed0"))
    assert [name for name, row in rows.items() if needs_teacher(row, own)] == [
        "resnet_50_d_distillation",
        "resnet_50_d_mixup_distillation",
    ]
    given = rows_to_train(study_of(TRICKS, teacher="runs/mine"))
    assert given["resnet_50_d_distillation"].distillation.teacher == "runs/mine"
    assert given["resnet_50_d_mixup"].distillation.teacher == ""


def test_the_teacher_keeps_what_any_step_changes():
    study = study_of(TRICKS, settings={"label_smoothing": 0.2, "optimizer.momentum": 0.8})
    assert settings_of(study, TRICKS.teacher.recipe) == {"optimizer.momentum": 0.8}
