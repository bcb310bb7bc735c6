"""The rows: the baseline, the study's steps up to 3D ResNet-RS-50, and the deeper networks.

Numbers: tensorflow/models:official/vision/configs/experiments/video_classification/k400_resnet3drs_50_tpu.yaml, the
trainer that it configures (configs/video_classification.py: SGD with Nesterov momentum 0.9, weight decay on kernels)
and modeling/backbones/resnet_3d.py. 73,682 steps of 1024 are 350 epochs of Kinetics-400's 215,570 clips. The released
code leaves the kernels of self-gating out of weight decay; here they decay like all others.

Published for the deeper networks are depth, frames and top-1 (arXiv 2109.01696; official/vision/MODEL_GARDEN.md), not
their training. They have the settings of the 50, which is our choice.
"""

from dataclasses import replace

from rs_core.data.crop import RandomCropConfig
from rs_core.models import ResNet3dConfig
from rs_core.models.families import CLIP_FAMILIES
from rs_core.recipes.changes import with_changes
from rs_core.recipes.recipe import EmaConfig, OptimizerConfig, ScheduleConfig
from rs_video.recipes.additive_study import ADDITIVE_STUDY
from rs_video.recipes.recipe import VideoRecipe

# 1,050 steps, which are 5 epochs of 210 whole batches.
WARMUP_EPOCHS = 4.988

BASELINE = VideoRecipe(
    recipe="r3d_50",
    model=CLIP_FAMILIES["r3d_50"],
    epochs=200.0,
    label_smoothing=0.0,
    optimizer=OptimizerConfig(
        learning_rate_per_256=0.2,
        nesterov=True,
        convention="keras",
        weight_decay=1e-4,
        weight_decay_on="kernels",
    ),
    schedule=ScheduleConfig(decay="cosine", warmup_epochs=WARMUP_EPOCHS),
    ema=EmaConfig(decay=0.0, start="zero"),
    crop=RandomCropConfig(area=(0.49, 1.0), aspect=(0.5, 2.0), num_attempts=100, min_object_covered=0.1),
    published_top1=73.4,
)

# Depth, frames of a clip, top-1.
DEEPER = {
    "r3d_rs_101": (101, 32, 79.5),
    "r3d_rs_152": (152, 32, 79.9),
    "r3d_rs_200": (200, 32, 80.4),
    "r3d_rs_200_48x2": (200, 48, 81.0),
}


def build_rows() -> dict[str, VideoRecipe]:
    """Build the recipes by name, each after the one that it differs from."""
    rows = {BASELINE.recipe: BASELINE}
    for step in ADDITIVE_STUDY:
        own = {"recipe": step.name, "published_top1": step.published_top1}
        rows[step.name] = with_changes(rows[step.parent], {**step.changes, **own})
    for name, (depth, num_frames, top1) in DEEPER.items():
        rows[name] = deeper(rows["r3d_rs_50"], name, depth, num_frames, top1)
    return rows


def deeper(recipe: VideoRecipe, name: str, depth: int, num_frames: int, top1: float) -> VideoRecipe:
    """Give the recipe of a deeper network, on clips of so many frames."""
    return replace(
        recipe,
        recipe=name,
        model=with_blocks_of(recipe.model, f"r3d_rs_{depth}"),
        clip=replace(recipe.clip, num_frames=num_frames),
        published_top1=top1,
    )


def with_blocks_of(model: ResNet3dConfig, row: str) -> ResNet3dConfig:
    """Give a network the depth of a row of the table."""
    return replace(model, blocks=CLIP_FAMILIES[row].blocks)


PUBLISHED = build_rows()
