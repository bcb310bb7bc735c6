"""From ResNet-200 to ResNet-RS-200, one change a row (arXiv 2103.07579, table 1).

Top-1 and gains are the table's. It does not say the settings of its rows: those here end at the released
ResNet-RS-200 at 256 px (tensorflow/tpu:models/official/resnet/resnet_rs/configs), whose 83.4 is the last row's, and
every value that a step sets is that recipe's. What the recipe replaces is from the paper's text: 90 epochs, a tenth
of the learning rate after 30, 60 and 80 of them, weight decay 1e-4.
"""

from rs_core.data.randaugment import RandAugmentConfig
from rs_core.models import image_model_config
from rs_core.recipes.ladder import Ladder
from rs_core.recipes.recipe import EmaConfig, OptimizerConfig, Recipe, ScheduleConfig
from rs_core.recipes.step import Step

TABLE = "table 1"

BASELINE = Recipe(
    recipe="resnet_200",
    model=image_model_config("resnet_200"),
    resolution=256,
    epochs=90.0,
    label_smoothing=0.0,
    optimizer=OptimizerConfig(weight_decay=1e-4),
    schedule=ScheduleConfig(decay="step"),
    ema=EmaConfig(decay=0.0),
    randaugment=RandAugmentConfig(num_layers=0),
    published_top1=79.0,
)

# The average covers batch-norm statistics too, so with it these are the last batch's, as released: momentum 1.0 in
# PyTorch's convention is TensorFlow's 0.
WITH_EMA = {"ema.decay": 0.9999, "model.bn_momentum": 1.0}

RESNET_D = {"model.stem": "deep", "model.stem_downsampling": "conv", "model.downsampling": "D"}

ADDITIVE = Ladder(
    title="what each change of ResNet-RS brings (table 1)",
    published_on="ImageNet's validation images",
    baselines=(BASELINE,),
    steps=(
        Step(
            name="resnet_200_cosine",
            parent="resnet_200",
            changes={"schedule.decay": "cosine"},
            published_gain=0.3,
            published_top1=79.3,
            source=TABLE,
        ),
        Step(
            name="resnet_200_longer_training",
            parent="resnet_200_cosine",
            changes={"epochs": 350.0},
            published_gain=-0.5,
            published_top1=78.8,
            source=TABLE,
        ),
        Step(
            name="resnet_200_ema",
            parent="resnet_200_longer_training",
            changes=WITH_EMA,
            published_gain=0.3,
            published_top1=79.1,
            source=TABLE,
        ),
        Step(
            name="resnet_200_label_smoothing",
            parent="resnet_200_ema",
            changes={"label_smoothing": 0.1},
            published_gain=1.3,
            published_top1=80.4,
            source=TABLE,
        ),
        Step(
            name="resnet_200_stochastic_depth",
            parent="resnet_200_label_smoothing",
            changes={"model.drop_path_rate": 0.1},
            published_gain=0.2,
            published_top1=80.6,
            source=TABLE,
        ),
        Step(
            name="resnet_200_randaugment",
            parent="resnet_200_stochastic_depth",
            changes={"randaugment.num_layers": 2, "randaugment.magnitude": 15.0},
            published_gain=0.4,
            published_top1=81.0,
            source=TABLE,
        ),
        Step(
            name="resnet_200_dropout",
            parent="resnet_200_randaugment",
            changes={"model.dropout": 0.25},
            published_gain=-0.3,
            published_top1=80.7,
            source=TABLE,
        ),
        Step(
            name="resnet_200_lower_weight_decay",
            parent="resnet_200_dropout",
            changes={"optimizer.weight_decay": 4e-5},
            published_gain=1.5,
            published_top1=82.2,
            source=TABLE,
        ),
        Step(
            name="resnet_200_se",
            parent="resnet_200_lower_weight_decay",
            changes={"model.se_ratio": 0.25},
            published_gain=0.7,
            published_top1=82.9,
            source=TABLE,
        ),
        Step(
            name="resnet_200_d",
            parent="resnet_200_se",
            changes=RESNET_D,
            published_gain=0.5,
            published_top1=83.4,
            source=TABLE,
        ),
    ),
    assumptions=(
        "Magnitude of RandAugment and rates of dropout and stochastic depth are those of the released ResNet-RS-200.",
        "The warm-up is 5 epochs in every row: that of the released trainer at 90 epochs, and of Model Garden at 350.",
        "The last row is the released network, whose stem ends with a strided convolution instead of the max-pool.",
    ),
)
