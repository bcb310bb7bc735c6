"""The laptop form of the study's rows: small enough, and still apart in what their steps change."""

import pytest

from rs_core.study.ladder.config import LadderConfig
from rs_core.study.ladder.rows import difference, rows_to_train
from rs_video.config import video_train_config
from rs_video.recipes.ladder import LADDER
from rs_video.study.laptop import LAPTOP


def rows_of(laptop):
    return rows_to_train(LadderConfig(ladder=LADDER, config_of=video_train_config, laptop=laptop, out="out"))


ROWS, SMALL = rows_of(None), rows_of(LAPTOP)


@pytest.mark.parametrize("rows", [ROWS, SMALL], ids=["published", "laptop"])
@pytest.mark.parametrize("step", LADDER.steps, ids=lambda step: step.name)
def test_a_row_differs_from_its_parent_in_what_its_step_changes(rows, step):
    changed = {line.partition("=")[0] for line in difference(rows[step.parent], rows[step.name])}
    # A laptop's warm-up is a share of the training, and so follows its length.
    following = {"schedule.warmup_epochs"} if rows is SMALL and "epochs" in step.changes else set()
    assert changed == set(step.changes) | following


def test_longer_training_stays_longer():
    before, after = (SMALL[name].epochs for name in ("r3d_50_lower_weight_decay", "r3d_50_longer_training"))
    assert after / before == pytest.approx(350 / 200)
    assert after == pytest.approx(14)


def test_crops_still_become_smaller_with_scale_jittering():
    assert SMALL["r3d_50"].crop.area == (0.49, 1.0)
    assert SMALL["r3d_50_scale_jittering"].crop.area == (0.25, 1.0)


def test_a_row_is_judged_at_its_end_alone():
    assert all(row.run.evaluate_every > row.epochs for row in SMALL.values())
