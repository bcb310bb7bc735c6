"""The two ways of supervised pre-training that the paper compares, for the two networks that it transfers.

``resnet_50_transfer`` and ``resnet_152_transfer`` are the methods of ResNet-RS that the paper's transfer experiments
take over (arXiv 2103.07579, section on transfer learning): RandAugment, label smoothing, dropout, the lower weight
decay, the cosine and 400 epochs, on the plain networks, without stochastic depth and without weight average. The rest
is not published, and assumed here:

* 224 px, at which SimCLR and the standard baseline are trained and to which the plain networks' figures refer;
* RandAugment of magnitude 10 for the 50 and 15 for the 152, and dropout 0.25: what the paper's own rows give to these
  depths (the 152 at 224 px);
* batch 4096, 0.1 per 256 images, Nesterov momentum 0.9, 5 epochs of warm-up: as all rows of rs-core;
* batch norm that averages its own statistics (momentum 0.1 in PyTorch's convention, the released 0.9), because no
  weight average does it.

``resnet_50_supervised`` and ``resnet_152_supervised`` are the released trainer with its defaults
(tensorflow/tpu:models/official/resnet/resnet_main.py): 90 epochs in 112,590 steps of 1024, a tenth of the rate after
30, 60 and 80 of them, 5 epochs of warm-up, weight decay 1e-4, and none of RandAugment, label smoothing and dropout.
"""

from rs_core.data.randaugment import RandAugmentConfig
from rs_core.models import image_model_config
from rs_core.recipes import EmaConfig, OptimizerConfig, Recipe, ScheduleConfig

RESOLUTION = 224
MAGNITUDES = {50: 10.0, 152: 15.0}
NO_AVERAGE = EmaConfig(decay=0.0)


def with_methods(depth: int) -> Recipe:
    """Build the paper's subset for the plain network of a depth."""
    return Recipe(
        recipe=f"resnet_{depth}_transfer",
        model=image_model_config(f"resnet_{depth}", dropout=0.25),
        resolution=RESOLUTION,
        epochs=400.0,
        ema=NO_AVERAGE,
        randaugment=RandAugmentConfig(num_layers=2, magnitude=MAGNITUDES[depth]),
    )


def standard(depth: int) -> Recipe:
    """Build the standard baseline for the plain network of a depth."""
    return Recipe(
        recipe=f"resnet_{depth}_supervised",
        model=image_model_config(f"resnet_{depth}"),
        resolution=RESOLUTION,
        epochs=90.0,
        batch_size=1024,
        label_smoothing=0.0,
        optimizer=OptimizerConfig(weight_decay=1e-4),
        schedule=ScheduleConfig(decay="step"),
        ema=NO_AVERAGE,
        randaugment=RandAugmentConfig(num_layers=0),
    )


STARTING_POINTS = {recipe.recipe: recipe for build in (with_methods, standard) for recipe in map(build, MAGNITUDES)}
