"""The published rows, trained jointly.

The paper trains ResNet-RS-152 on 1.2 M labelled images and 130 M that EfficientNet-L2 labelled (88.4 % top-1), with the
hyper-parameters unchanged (arXiv 2103.07579, table 4). Not published: the ratio of the two, the length, soft or hard
labels, and the resolution, which follows from the latency that tables 4 and 7 share: 224. Ratio 3 and soft labels are
those of google-research/noisystudent's scripts for EfficientNet-B1 to B7; its loss is the sum.
"""

from dataclasses import fields, replace

from rs_core.recipes import PUBLISHED as SUPERVISED
from rs_core.recipes import Recipe
from rs_semisup.recipes.recipe import SemisupRecipe

SUFFIX = "_semisup"

# The one published figure.
TOP1 = {"resnet_rs_152_i224": 86.2}


def jointly(recipe: Recipe) -> SemisupRecipe:
    """Give a recipe with pseudo-labelled images beside the labelled, and all else as it was."""
    values = {field.name: getattr(recipe, field.name) for field in fields(Recipe)}
    return replace(SemisupRecipe(**values), recipe=recipe.recipe + SUFFIX, published_top1=TOP1.get(recipe.recipe, 0.0))


PUBLISHED = {name + SUFFIX: jointly(recipe) for name, recipe in SUPERVISED.items()}
