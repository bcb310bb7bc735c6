"""The eleven published rows.

Numbers: tensorflow/tpu:models/official/resnet/resnet_rs/configs/*.yaml (resolution, RandAugment magnitude,
dropout, stochastic depth; common to all: batch 4096, 0.1 per 256 images, 350 epochs = 109,475 steps, weight decay
4e-5, label smoothing 0.1, EMA 0.9999, two RandAugment layers, SE 0.25). Top-1: the paper's table 7. The cosine is
the paper's text; the public trainer has only its step schedule (``schedule.decay="step"``), and the warm-up of 5
epochs is Model Garden's, the only one stated beside a cosine. Nesterov is the public trainer's.

Model Garden trains the 101 at 160 px with magnitude 15; everything else agrees.
"""

from dataclasses import dataclass

from rs_core.data.randaugment import RandAugmentConfig
from rs_core.models import image_model_config
from rs_core.recipes.recipe import Recipe


@dataclass(frozen=True)
class Row:
    """What differs between the published models."""

    depth: int
    resolution: int
    magnitude: float
    dropout: float
    drop_path_rate: float
    top1: float


ROWS = (
    Row(50, 160, 10, 0.25, 0.0, 78.8),
    Row(101, 160, 10, 0.25, 0.0, 80.3),
    Row(101, 192, 15, 0.25, 0.0, 81.2),
    Row(152, 192, 15, 0.25, 0.0, 82.0),
    Row(152, 224, 15, 0.25, 0.0, 82.8),
    Row(152, 256, 15, 0.25, 0.0, 83.0),
    Row(200, 256, 15, 0.25, 0.1, 83.4),
    Row(270, 256, 15, 0.25, 0.1, 83.8),
    Row(350, 256, 15, 0.25, 0.1, 84.0),
    Row(350, 320, 15, 0.40, 0.1, 84.2),
    Row(420, 320, 15, 0.40, 0.1, 84.4),
)


def published_recipe(row: Row) -> Recipe:
    """Build the recipe of one row.

    Batch-norm momentum 1.0 is the released 0 in PyTorch's convention: the running statistics are those of the last
    batch, and the weight average is what averages them.
    """
    return Recipe(
        recipe=f"resnet_rs_{row.depth}_i{row.resolution}",
        model=image_model_config(
            f"resnet_rs_{row.depth}",
            bn_momentum=1.0,
            dropout=row.dropout,
            drop_path_rate=row.drop_path_rate,
        ),
        resolution=row.resolution,
        randaugment=RandAugmentConfig(num_layers=2, magnitude=row.magnitude),
        published_top1=row.top1,
    )


PUBLISHED = {recipe.recipe: recipe for recipe in map(published_recipe, ROWS)}
