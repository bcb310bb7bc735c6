"""The published recipes.

SimCLRv1: arXiv 2002.05709, section 2.2 and appendix B (batch 4096, LARS at 0.3 per 256 images, weight decay 1e-6, ten
epochs of warm-up, two projection layers, temperature 0.1), trained for the 1000 epochs of its best linear evaluation,
69.1 %; 100 epochs gave 64.5 (google-research/simclr:README.md).

SimCLRv2: arXiv 2006.10029, section 3 (0.1 times the root of the batch, weight decay 1e-4, 800 epochs of which the first
5 % warm up, three layers). Its 71.7 % was made with a memory of negatives besides, which this kit does not have, so it
is not this recipe's figure. The networks of both have a max-pool that pads as TensorFlow does.

Small images: the README's command for CIFAR-10, whose linear evaluation gives about 91 %, with the flags it leaves at
their defaults (linear scaling, three projection layers); images of 32 px and less have a stem without stride or pool,
and no blur.

Unlike there, the cosine counts from the first step and not from the end of the warm-up, as everywhere in this kit.
"""

from dataclasses import replace

from rs_core.models import ResNetConfig, image_model_config
from rs_core.recipes import OptimizerConfig, ScheduleConfig
from rs_transfer.simclr.network import ProjectionConfig
from rs_transfer.simclr.recipes.recipe import SimCLRRecipe
from rs_transfer.simclr.views import ViewsConfig

LARS = OptimizerConfig(
    learning_rate_per_256=0.3,
    nesterov=False,
    convention="keras",
    weight_decay=1e-4,
    weight_decay_on="kernels",
    trust_coefficient=0.001,
)

SMALL_IMAGES = 32


def backbone(name: str, **options: str) -> ResNetConfig:
    """Give a plain network without classifier."""
    return image_model_config(name, num_classes=0, **options)


V1 = SimCLRRecipe(
    recipe="simclr_v1_resnet_50",
    model=backbone("resnet_50", stem_pool_padding="same"),
    resolution=224,
    epochs=1000.0,
    batch_size=4096,
    optimizer=replace(LARS, weight_decay=1e-6),
    schedule=ScheduleConfig(warmup_epochs=10.0),
    projection=ProjectionConfig(num_layers=2),
    views=ViewsConfig(brightness="additive"),
    published_top1=69.1,
)

V2 = SimCLRRecipe(
    recipe="simclr_v2_resnet_50",
    model=backbone("resnet_50", stem_pool_padding="same"),
    resolution=224,
    epochs=800.0,
    batch_size=4096,
    optimizer=replace(LARS, learning_rate_per_256=0.1 * 256**0.5, learning_rate_scaling="sqrt"),
    schedule=ScheduleConfig(warmup_epochs=0.05 * 800),
)

SMALL = SimCLRRecipe(
    recipe="simclr_resnet_18_i32",
    model=backbone("resnet_18", stem="small", stem_downsampling="none"),
    resolution=SMALL_IMAGES,
    epochs=1000.0,
    batch_size=512,
    optimizer=replace(LARS, learning_rate_per_256=1.0),
    schedule=ScheduleConfig(warmup_epochs=10.0),
    temperature=0.5,
    views=ViewsConfig(strength=0.5, blur=0.0),
)

PUBLISHED = {recipe.recipe: recipe for recipe in (V1, V2, SMALL)}
