"""The named recipes of joint training, and what they take."""

import dataclasses

import pytest

from rs_core.errors import UserError
from rs_core.recipes import DistillationConfig, Recipe, get_recipe, list_recipes
from rs_semisup.recipes import get_semisup_recipe, list_semisup_recipes
from rs_semisup.recipes.arithmetic import Arithmetic


def test_every_published_row_can_be_trained_jointly_with_all_else_as_it_was():
    for name in list_recipes():
        supervised, joint = get_recipe(name), get_semisup_recipe(f"{name}_semisup")
        for field in dataclasses.fields(Recipe):
            if field.name not in ("recipe", "published_top1"):
                assert getattr(joint, field.name) == getattr(supervised, field.name)


def test_the_one_published_figure_is_at_its_recipe():
    published = {name: get_semisup_recipe(name).published_top1 for name in list_semisup_recipes()}
    assert {name: top1 for name, top1 in published.items() if top1} == {"resnet_rs_152_i224_semisup": 86.2}


def test_the_default_mixture_is_that_of_the_released_scripts():
    joint = get_semisup_recipe("resnet_rs_152_i224_semisup").joint
    assert (joint.ratio, joint.loss, joint.targets) == (3, "sum", "soft")


def test_unknown_recipes_are_refused_with_the_nearest_name():
    with pytest.raises(UserError, match="did you mean 'resnet_rs_152_i224_semisup'"):
        get_semisup_recipe("resnet_rs_152_i224_semi")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"mixup_alpha": 0.2}, "mixup_alpha"),
        ({"distillation": DistillationConfig(teacher="x")}, "distillation.teacher"),
    ],
)
def test_methods_for_labelled_images_alone_are_refused(refusal, changes, named):
    recipe = get_semisup_recipe("resnet_rs_152_i224_semisup")
    line = refusal(dataclasses.replace, recipe, **changes)
    assert line.startswith(f"{named}=")
    assert "leave it out" in line


def test_steps_are_those_of_the_published_supervised_run():
    # tensorflow/tpu:models/official/resnet/resnet_rs/configs: train_steps 109,474 for 350 epochs of 1,281,167 images.
    size = Arithmetic(recipe=get_semisup_recipe("resnet_rs_152_i224_semisup"))
    assert size.num_steps == pytest.approx(350 * 1_281_167 / 4096, abs=1)
    assert size.labelled_seen == pytest.approx(350 * 1_281_167, rel=1e-4)
    assert size.images_seen == 4 * size.labelled_seen
    assert size.pseudo_passes == pytest.approx(3 * 350 * 1_281_167 / 130e6, rel=1e-4)


def test_days_follow_from_rate_and_devices():
    size = Arithmetic(recipe=get_semisup_recipe("resnet_rs_152_i224_semisup"))
    assert size.days(images_per_second=1000, num_devices=8) == pytest.approx(size.images_seen / 8000 / 86400)
