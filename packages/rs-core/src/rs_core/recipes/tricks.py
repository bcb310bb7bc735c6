"""Bag of Tricks (He et al., arXiv 1812.01187) on ResNet-50: efficient training, small changes, refinements.

The figures are top-1 of that paper. Its tricks of efficient training are there twice, for batch 256 and for batch
1024; all that follows goes on from batch 1024. Distillation and mixup both start from label smoothing, and the last
row has both. Its input also changes hue, saturation and brightness and adds PCA noise, which the kit does not have.
"""

from collections.abc import Mapping
from dataclasses import replace

from rs_core.data.randaugment import RandAugmentConfig
from rs_core.models import image_model_config
from rs_core.recipes.ladder import Ladder
from rs_core.recipes.recipe import EmaConfig, OptimizerConfig, Recipe, ScheduleConfig
from rs_core.recipes.step import Step

EFFICIENT = "arXiv 1812.01187, efficient training"
NETWORK = "arXiv 1812.01187, changes of the network"
REFINED = "arXiv 1812.01187, refinements"

BASELINE = Recipe(
    recipe="resnet_50_batch_256",
    # The stride is on the first 1x1 here, and the last batch norm of a block starts at scale 1.
    model=image_model_config("resnet_50", downsampling="A", zero_gamma=False),
    resolution=224,
    epochs=120.0,
    batch_size=256,
    label_smoothing=0.0,
    optimizer=OptimizerConfig(weight_decay=1e-4, weight_decay_on="all"),
    schedule=ScheduleConfig(decay="step", milestones=(0.25, 0.5, 0.75), warmup_epochs=0.0),
    ema=EmaConfig(decay=0.0),
    randaugment=RandAugmentConfig(num_layers=0),
    published_top1=75.87,
)

TEACHER = replace(
    BASELINE,
    recipe="resnet_152_d_teacher",
    model=image_model_config("resnet_152", stem="deep", downsampling="D"),
    batch_size=1024,
    label_smoothing=0.1,
    label_smoothing_over="wrong",
    optimizer=OptimizerConfig(weight_decay=1e-4, weight_decay_on="kernels"),
    schedule=replace(BASELINE.schedule, decay="cosine", warmup_epochs=5.0),
    published_top1=0.0,
)

WARMUP = {"schedule.warmup_epochs": 5.0}
ZERO_GAMMA = {"model.zero_gamma": True}
NO_BIAS_DECAY = {"optimizer.weight_decay_on": "kernels"}
HALF = {"run.precision": "float16"}
DISTILLATION = {"distillation.teacher": TEACHER.recipe, "distillation.temperature": 20.0}
MIXUP = {"mixup_alpha": 0.2, "epochs": 200.0}


def step(name: str, parent: str, changes: Mapping[str, object], gain: float, top1: float, source: str) -> Step:
    """Write a row on one line."""
    return Step(name=name, parent=parent, changes=changes, published_gain=gain, published_top1=top1, source=source)


TRICKS = Ladder(
    title="what each trick brings (Bag of Tricks)",
    published_on="ImageNet's validation images",
    baselines=(BASELINE,),
    steps=(
        step("resnet_50_batch_256_warmup", BASELINE.recipe, WARMUP, 0.16, 76.03, EFFICIENT),
        step("resnet_50_batch_256_zero_gamma", "resnet_50_batch_256_warmup", ZERO_GAMMA, 0.16, 76.19, EFFICIENT),
        step(
            "resnet_50_batch_256_no_bias_decay",
            "resnet_50_batch_256_zero_gamma",
            NO_BIAS_DECAY,
            -0.03,
            76.16,
            EFFICIENT,
        ),
        step("resnet_50_batch_256_fp16", "resnet_50_batch_256_no_bias_decay", HALF, -0.01, 76.15, EFFICIENT),
        step("resnet_50_batch_1024", BASELINE.recipe, {"batch_size": 1024}, -0.7, 75.17, EFFICIENT),
        step("resnet_50_warmup", "resnet_50_batch_1024", WARMUP, 0.76, 75.93, EFFICIENT),
        step("resnet_50_zero_gamma", "resnet_50_warmup", ZERO_GAMMA, 0.44, 76.37, EFFICIENT),
        step("resnet_50_no_bias_decay", "resnet_50_zero_gamma", NO_BIAS_DECAY, -0.34, 76.03, EFFICIENT),
        step("resnet_50_fp16", "resnet_50_no_bias_decay", HALF, 0.18, 76.21, EFFICIENT),
        step("resnet_50_b", "resnet_50_fp16", {"model.downsampling": "B"}, 0.45, 76.66, NETWORK),
        step("resnet_50_c", "resnet_50_b", {"model.stem": "deep"}, 0.21, 76.87, NETWORK),
        step("resnet_50_d", "resnet_50_c", {"model.downsampling": "D"}, 0.29, 77.16, NETWORK),
        step("resnet_50_d_cosine", "resnet_50_d", {"schedule.decay": "cosine"}, 0.75, 77.91, REFINED),
        step(
            "resnet_50_d_label_smoothing",
            "resnet_50_d_cosine",
            {"label_smoothing": 0.1, "label_smoothing_over": "wrong"},
            0.4,
            78.31,
            REFINED,
        ),
        step("resnet_50_d_distillation", "resnet_50_d_label_smoothing", DISTILLATION, 0.36, 78.67, REFINED),
        step("resnet_50_d_mixup", "resnet_50_d_label_smoothing", MIXUP, 0.84, 79.15, REFINED),
        step("resnet_50_d_mixup_distillation", "resnet_50_d_mixup", DISTILLATION, 0.14, 79.29, REFINED),
    ),
    settings={"run.precision": "float32"},
    teacher=TEACHER,
    assumptions=(
        "Images are cropped and mirrored alone: hue, saturation, brightness and PCA noise are not changed.",
        "Weight decay is 1e-4, and weights start by the released trainer's rule, not by Xavier's.",
        "The teacher, ResNet-152-D, is trained by the settings of the row with label smoothing.",
    ),
)
