"""``rs-core info``: what a network costs and gives, what a recipe says, what a file holds."""

import argparse
import dataclasses
from pathlib import Path

import torch

from rs_core.bench.cost import count_flops, count_parameters
from rs_core.errors import UserError, nearest
from rs_core.models import FAMILIES, ResNet, ResNetConfig

DEFAULT_RESOLUTION = 224


def run(arguments: list[str]) -> None:
    """Print the names, or everything about one of them."""
    parser = argparse.ArgumentParser(prog="rs-core info", description="Show a model, a recipe or a trained file.")
    parser.add_argument("name", nargs="?", default="", help="model, recipe, run directory or model.safetensors")
    parser.add_argument("--resolution", type=int, default=0, help="pixels a side for FLOPs and feature sizes")
    options = parser.parse_args(arguments)
    name, resolution = options.name, options.resolution

    if not name:
        show_names()
    elif name in FAMILIES:
        show_network(name, FAMILIES[name], resolution or DEFAULT_RESOLUTION)
    elif Path(name).exists():
        show_file(Path(name), resolution)
    else:
        show_recipe(name, resolution)


def show_names() -> None:
    """Print all models and recipes."""
    from rs_core.recipes import list_recipes  # noqa: PLC0415  # models alone need torch alone

    print("models:", *FAMILIES, sep="\n  ")
    print("recipes:", *list_recipes(), sep="\n  ")


def show_network(title: str, config: ResNetConfig, resolution: int) -> None:
    """Print size, cost and features, then every setting that differs from the defaults of ResNet-RS."""
    with torch.device("meta"):
        model = ResNet(config)
    print(title)
    print(f"  parameters   {count_parameters(model):,}")
    print(f"  FLOPs        {count_flops(model, resolution) / 1e9:.2f} G at {resolution} px (2 x multiply-adds)")
    for feature in model.feature_info:
        side = -(-resolution // feature.stride)
        print(f"  {feature.name}           {feature.channels} x {side} x {side}, stride {feature.stride}")
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if value != field.default:
            print(f"  {field.name:12} {value}")


def show_recipe(name: str, resolution: int) -> None:
    """Print a recipe and its network."""
    from rs_core.recipes import get_recipe, list_recipes  # noqa: PLC0415  # models alone need torch alone

    known = [*FAMILIES, *list_recipes()]
    try:
        recipe = get_recipe(name)
    except UserError:
        raise UserError(
            f"{name!r} is no model, recipe or file{nearest(name, known)}; rs-core info lists them"
        ) from None
    show_network(recipe.recipe, recipe.model, resolution or recipe.resolution)
    for field in dataclasses.fields(recipe):
        if field.name not in ("recipe", "model"):
            print(f"  {field.name:16} {getattr(recipe, field.name)}")


def show_file(path: Path, resolution: int) -> None:
    """Print what a trained model is."""
    from rs_core.train.release import load_model  # noqa: PLC0415  # models alone need torch alone

    released = load_model(path)
    show_network(str(path), released.model.config, resolution or released.preprocessing.resolution)
    print(f"  recipe       {released.recipe}")
    print(f"  input        {released.preprocessing}")
    print(f"  classes      {', '.join(released.class_names[:10])}{', …' if len(released.class_names) > 10 else ''}")
