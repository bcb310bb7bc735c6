"""The recipe of a network that is advised, and the command line that trains it."""

import dataclasses
import math
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rs_core.recipes import LAPTOP_SUFFIX, PUBLISHED, Recipe, get_recipe
from rs_core.study.advise.candidates import regime_of
from rs_core.study.advise.question import DataFacts, Question
from rs_core.study.scaling.grid import Network, model_of
from rs_core.study.scaling.regularization import regularization, regularized, warmup_epochs
from rs_core.train.config import DIGITS, DataConfig

FALLBACK = "resnet_rs_50_i160"

# ImageNet's 1,281,167 images make 313 of the paper's batches of 4096. Fewer images get smaller batches: our choice.
STEPS_AN_EPOCH, SMALLEST_BATCH, LARGEST_BATCH = 300, 32, 4096


def base_recipe(network: Network, facts: DataFacts) -> Recipe:
    """Give the recipe that the command line names: the released one of this network, else the nearest in kind."""
    if facts.is_built_in:
        return get_recipe(FALLBACK + LAPTOP_SUFFIX)
    name = f"resnet_rs_{network.depth}_i{network.resolution}"
    return get_recipe(name if name in PUBLISHED and network.width == 1 and not facts.is_small else FALLBACK)


def recipe_for(network: Network, question: Question) -> Recipe:
    """Give the recipe of a network: the paper's, regularised by size in a long training and not at all in others.

    Released networks keep their own regularisation.
    """
    facts, base = question.facts, base_recipe(network, question.facts)
    is_long = regime_of(question.epochs) == "long"
    model = model_of(network, replace(base.model, stem="small") if facts.is_small else base.model)
    recipe = replace(
        base,
        model=model,
        resolution=network.resolution,
        epochs=question.epochs,
        batch_size=base.batch_size if facts.is_built_in else batch_size_for(facts.num_images),
        schedule=replace(base.schedule, warmup_epochs=warmup_epochs(base, question.epochs)),
    )
    if facts.is_small and not facts.is_built_in:
        recipe = with_small_shifts(recipe, network.resolution / base.resolution)
    is_released = base.recipe in PUBLISHED and base.recipe.endswith(f"_{network.depth}_i{network.resolution}")
    if is_long and is_released and network.width == 1:
        return recipe
    return regularized(recipe, regularization(network, question.epochs, from_epochs=0.0 if is_long else math.inf))


def with_small_shifts(recipe: Recipe, shrink: float) -> Recipe:
    """Shrink what RandAugment counts in pixels along with the images."""
    randaugment = recipe.randaugment
    return replace(
        recipe,
        randaugment=replace(
            randaugment,
            translate_const=randaugment.translate_const * shrink,
            cutout_const=randaugment.cutout_const * shrink,
        ),
    )


def batch_size_for(num_images: int) -> int:
    """Give the largest power of two with 300 steps an epoch, between 32 and the paper's 4096.

    >>> batch_size_for(1_281_167), batch_size_for(100_000), batch_size_for(500)
    (4096, 256, 32)
    """
    wanted = max(1, num_images // STEPS_AN_EPOCH)
    return min(LARGEST_BATCH, max(SMALLEST_BATCH, 1 << (wanted.bit_length() - 1)))


def arguments_for(network: Network, question: Question) -> list[str]:
    """Give the arguments of ``rs-core`` that train a network: the recipe by name, and what differs from it."""
    base = base_recipe(network, question.facts)
    changed = changes(dataclasses.asdict(base), dataclasses.asdict(recipe_for(network, question)))
    settings = [word for name, value in changed.items() for word in (f"--{name}", written(value))]
    return ["train", "--recipe", base.recipe, *data_arguments(question.facts.data), *settings]


def data_arguments(data: DataConfig) -> list[str]:
    """Give the arguments that name the images; none for the digits."""
    if data.train_index:
        return ["--data.train_index", data.train_index, "--data.val_index", data.val_index]
    return [] if data.root == DIGITS else ["--data.root", data.root]


def changes(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give the settings that differ, by their dotted names.

    >>> changes({"epochs": 5.0, "model": {"dropout": 0.2}}, {"epochs": 5.0, "model": {"dropout": 0.0}})
    {'model.dropout': 0.0}
    """
    changed: dict[str, Any] = {}
    for name, value in after.items():
        if isinstance(value, Mapping):
            changed |= changes(before[name], value, f"{prefix}{name}.")
        elif value != before[name]:
            changed[prefix + name] = value
    return changed


def written(value: Any) -> str:
    """Write a value as the command line takes it: lists without spaces, numbers in full."""
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, tuple) else str(value)


def command_line(program: str, arguments: list[str]) -> str:
    """Join arguments so that a shell reads them as they are; ``[1,2]`` is safe where it names no file."""
    return " ".join([program, *map(shlex.quote, arguments)])
