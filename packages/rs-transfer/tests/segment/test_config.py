"""What a config of segmentation refuses, and what it makes of a recipe."""

from dataclasses import replace
from pathlib import Path

import mmseg
import pytest
from mmengine.config import Config

from rs_core.errors import UserError
from rs_transfer.mm.start import open_start
from rs_transfer.scenes import write_scenes
from rs_transfer.segment.classes import ADE_CLASSES, VOC_CLASSES
from rs_transfer.segment.recipes import DEEPLABV3_ADE, FCN_ADE, FCN_SCENES_ADE, FCN_VOC, RECIPES, UPERNET_VOC

CONFIGS = Path(mmseg.__path__[0]) / ".mim/configs"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": "coco"}, "data='coco': choose from ['voc', 'ade']"),
        ({"head": "fcnn"}, "head='fcnn': choose from ['fcn', 'upernet', 'deeplabv3'] (did you mean 'fcn'?)"),
        ({"data": "ade"}, "with_aug belongs to data=voc; leave it out with data=ade"),
        ({"crop_px": 16}, "crop_px=16: give at least 32 pixels"),
        ({"scale_range": (2.0, 0.5)}, "scale_range=(2.0, 0.5): give two positive factors, the smaller one first"),
        ({"horizontal_flip": 2.0}, "horizontal_flip=2.0: give a probability"),
        ({"head_channels": 1}, "head_channels=1: give at least 2"),
        (
            {"class_names": ("cat",)},
            "class_names=('cat',): give at least two, or none for the published classes",
        ),
    ],
)
def test_what_is_out_of_range_is_refused(changes, message):
    with pytest.raises(UserError) as raised:
        replace(FCN_VOC, **changes)
    assert str(raised.value) == message


def test_recipes_have_the_numbers_of_mmsegmentation():
    """Read from the configs that are inside the package of mmsegmentation."""
    for config, name in (
        (FCN_VOC, "fcn/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py"),
        (UPERNET_VOC, "upernet/upernet_r50_4xb4-20k_voc12aug-512x512.py"),
        (FCN_ADE, "fcn/fcn_r50-d8_4xb4-80k_ade20k-512x512.py"),
        (DEEPLABV3_ADE, "deeplabv3/deeplabv3_r50-d8_4xb4-80k_ade20k-512x512.py"),
    ):
        theirs = Config.fromfile(CONFIGS / name)
        assert config.num_steps == theirs.train_cfg.max_iters
        assert config.batch_size == 4 * theirs.train_dataloader.batch_size
        assert config.optimizer.mm_optimizer() == theirs.optimizer
        decay = theirs.param_scheduler[0]
        assert config.optimizer.mm_schedule(config.num_steps)[0] | {"eta_min": 1e-4} == decay


def test_heads_and_pictures_are_those_of_mmsegmentation():
    for config, name in (
        (FCN_VOC, "fcn/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py"),
        (UPERNET_VOC, "upernet/upernet_r50_4xb4-20k_voc12aug-512x512.py"),
        (DEEPLABV3_ADE, "deeplabv3/deeplabv3_r50-d8_4xb4-80k_ade20k-512x512.py"),
    ):
        theirs = Config.fromfile(CONFIGS / name)
        ours = config.network(open_start("", config.model))
        for head in ("decode_head", "auxiliary_head"):
            # Read with SyncBN, which needs several GPUs.
            expected = {**theirs.model[head].to_dict(), "norm_cfg": {"type": "BN", "requires_grad": True}}
            assert ours[head] == expected
        dilated = "upernet" not in name
        assert ours["backbone"]["output_stride"] == (8 if dilated else 32)
        sets = theirs.train_dataloader.dataset
        steps = [step.type for step in (sets.datasets[0] if "datasets" in sets else sets).pipeline]
        data = config.train_dataset()
        mine = (data["datasets"][0] if "datasets" in data else data)["pipeline"]
        # Theirs pads in the pipeline what the preprocessor pads here.
        assert [step["type"] for step in mine] == [step for step in steps if step != "Pad"]


def test_classes_are_the_published_ones_unless_others_are_named():
    assert len(FCN_VOC.classes) == 21
    assert (FCN_VOC.classes, FCN_ADE.classes) == (VOC_CLASSES, ADE_CLASSES)
    assert len(ADE_CLASSES) == 150
    assert replace(FCN_ADE, class_names=("a", "b")).classes == ("a", "b")


def test_the_classes_of_ade_are_those_of_its_list(shared):
    rows = [line.split("\t") for line in (shared / "data/ade20k/objectInfo150.txt").read_text().splitlines()[1:]]
    names = [row[4].split(",")[0].strip() for row in rows]
    assert len(names) == len(ADE_CLASSES)
    # mmseg shortens or renames some of them.
    assert sum(ours == theirs for ours, theirs in zip(ADE_CLASSES, names, strict=True)) > 100


def test_scenes_bring_their_own_classes(tmp_path):
    config = FCN_SCENES_ADE.on(write_scenes(tmp_path / "ade", seed=0))
    assert config.classes == ("wall", "ground", "five", "six", "seven", "eight", "nine")
    config.check_data()
    voc = replace(FCN_SCENES_ADE, data="voc").on(write_scenes(tmp_path / "voc", seed=0))
    assert voc.classes == ("background", "five", "six", "seven", "eight", "nine")
    voc.check_data()


def test_recipes_are_known_by_their_names():
    assert all(name == config.recipe for name, config in RECIPES.items())
