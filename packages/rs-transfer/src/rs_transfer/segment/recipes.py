"""Ways to fine-tune a segmentor, by name."""

from dataclasses import replace

from rs_core.models import image_model_config
from rs_transfer.mm.config import SCENES, DenseOptimizerConfig, DenseRunConfig
from rs_transfer.segment.config import SegmentConfig
from rs_transfer.small_network import small_network

# mmseg 1.2, configs/_base_/schedules: SGD, the rate falls to nothing by the power of 0.9. There it ends at 1e-4.
SGD = DenseOptimizerConfig(learning_rate=0.01, momentum=0.9, weight_decay=5e-4, decay="poly")

# configs/fcn/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py
FCN_VOC = SegmentConfig(
    recipe="fcn_voc",
    model=image_model_config("resnet_50"),
    root="data/VOCdevkit",
    data="voc",
    with_aug=True,
    head="fcn",
    num_steps=20_000,
    batch_size=16,
    optimizer=SGD,
)

# configs/upernet/upernet_r50_4xb4-20k_voc12aug-512x512.py
UPERNET_VOC = replace(FCN_VOC, recipe="upernet_voc", head="upernet")

# configs/deeplabv3/deeplabv3_r50-d8_4xb4-20k_voc12aug-512x512.py
DEEPLABV3_VOC = replace(FCN_VOC, recipe="deeplabv3_voc", head="deeplabv3")

# configs/fcn/fcn_r50-d8_4xb4-80k_ade20k-512x512.py
FCN_ADE = replace(
    FCN_VOC,
    recipe="fcn_ade",
    root="data/ADEChallengeData2016",
    data="ade",
    with_aug=False,
    num_steps=80_000,
)

# configs/upernet/upernet_r50_4xb4-80k_ade20k-512x512.py
UPERNET_ADE = replace(FCN_ADE, recipe="upernet_ade", head="upernet")

# configs/deeplabv3/deeplabv3_r50-d8_4xb4-80k_ade20k-512x512.py
DEEPLABV3_ADE = replace(FCN_ADE, recipe="deeplabv3_ade", head="deeplabv3")

# The same steps on the built-in pictures, which are small and must not be mirrored; AdamW gets on in fewer steps.
FCN_SCENES_ADE = SegmentConfig(
    recipe="fcn_scenes_ade",
    model=small_network(),
    root=SCENES,
    data="ade",
    head="fcn",
    head_channels=64,
    short_edge_px=64,
    scale_range=(0.8, 1.25),
    crop_px=64,
    horizontal_flip=0.0,
    num_steps=600,
    batch_size=8,
    optimizer=DenseOptimizerConfig(kind="adamw", learning_rate=0.003, weight_decay=0.01, decay="poly", warmup_steps=20),
    run=DenseRunConfig(num_workers=0),
)
FCN_SCENES_VOC = replace(FCN_SCENES_ADE, recipe="fcn_scenes_voc", data="voc")

RECIPES = {
    config.recipe: config
    for config in (
        FCN_VOC,
        UPERNET_VOC,
        DEEPLABV3_VOC,
        FCN_ADE,
        UPERNET_ADE,
        DEEPLABV3_ADE,
        FCN_SCENES_ADE,
        FCN_SCENES_VOC,
    )
}
