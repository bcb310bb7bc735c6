"""Weight decay beside other regularisation (arXiv 2103.07579, table 2): each row twice, with 1e-4 and with 4e-5.

The table is of minival, 2 % of the training images that its runs leave out; figures there are about 3 points above
those on the validation images, and never to be mixed with them. It does not say epochs, schedule and average of the
weights: here all rows have those of table 1 once it has them (``rs_core.recipes.additive``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rs_core.models import image_model_config
from rs_core.recipes.additive import BASELINE, WITH_EMA
from rs_core.recipes.changes import with_changes
from rs_core.recipes.ladder import Ladder
from rs_core.recipes.recipe import Recipe
from rs_core.recipes.step import Step

TABLE = "table 2"

LOW = {"optimizer.weight_decay": 4e-5}


@dataclass(frozen=True)
class Pair:
    """A network with some regularisation, and its top-1 on minival with 1e-4 and with 4e-5.

    ``changes`` are those that it adds to the pair before it.
    """

    name: str
    changes: Mapping[str, Any]
    high: float
    low: float


def randaugment_and_smoothing(magnitude: float) -> dict[str, Any]:
    """Give the changes that the table calls RA-LS."""
    return {"randaugment.num_layers": 2, "randaugment.magnitude": magnitude, "label_smoothing": 0.1}


PAIRS = (
    (
        Pair("resnet_50_none", {}, 79.7, 78.7),
        Pair("resnet_50_ra_ls", randaugment_and_smoothing(10.0), 82.4, 82.3),
        Pair("resnet_50_ra_ls_do", {"model.dropout": 0.25}, 82.2, 82.7),
    ),
    (
        Pair("resnet_200_none", {}, 82.5, 81.7),
        Pair("resnet_200_ra_ls", randaugment_and_smoothing(15.0), 85.2, 84.9),
        Pair("resnet_200_ra_ls_sd_do", {"model.drop_path_rate": 0.1, "model.dropout": 0.25}, 85.3, 85.5),
    ),
)


def baseline(first: Pair, network: str, resolution: int) -> Recipe:
    """Give a network without regularisation, by the schedule of ResNet-RS."""
    recipe = replace(BASELINE, model=image_model_config(network), resolution=resolution)
    recipe = with_changes(recipe, {"schedule.decay": "cosine", "epochs": 350.0, **WITH_EMA})
    return replace(recipe, recipe=first.name, published_top1=first.high)


def steps(pairs: tuple[Pair, ...]) -> Iterator[Step]:
    """Give the rows of one network: each pair's lower weight decay, then the next pair's regularisation."""
    for number, pair in enumerate(pairs):
        if number:
            before = pairs[number - 1]
            yield Step(
                name=pair.name,
                parent=before.name,
                changes=pair.changes,
                published_gain=round(pair.high - before.high, 1),
                published_top1=pair.high,
                source=TABLE,
            )
        yield Step(
            name=f"{pair.name}_lower_weight_decay",
            parent=pair.name,
            changes=LOW,
            published_gain=round(pair.low - pair.high, 1),
            published_top1=pair.low,
            source=TABLE,
        )


WEIGHT_DECAY = Ladder(
    title="lower weight decay beside other regularisation (table 2)",
    published_on="minival, about 3 points above ImageNet's validation images",
    baselines=(baseline(PAIRS[0][0], "resnet_50", 224), baseline(PAIRS[1][0], "resnet_200", 256)),
    steps=(*steps(PAIRS[0]), *steps(PAIRS[1])),
    assumptions=(
        "Epochs (350), cosine and average of the weights are those of table 1; table 2 does not say its own.",
        "Magnitude of RandAugment (10 for ResNet-50, 15 for ResNet-200) and rates of dropout and stochastic depth are "
        "those of the released recipes.",
    ),
)
