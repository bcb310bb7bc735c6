"""``rs-core info``: what a network costs and gives, what a recipe says, what a file holds."""

import dataclasses
from pathlib import Path
from typing import Any

import torch

from rs_core.bench.cost import count_flops, count_parameters
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.errors import UserError, nearest
from rs_core.models import FAMILIES, ResNet, ResNetConfig

DEFAULT_RESOLUTION = 224


def run(arguments: list[str]) -> None:
    """Print the names, or everything about one of them."""
    parser = CommandParser("info", "Show a model, a recipe or a trained file; all names without arguments.")
    parser.add_argument("name", nargs="?", default="", help="model, recipe, run directory or model.safetensors")
    parser.add_argument("--resolution", type=at_least_one, default=0, help="pixels a side for FLOPs and feature sizes")
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
    print("models:", *FAMILIES, sep="\n  ")
    from rs_core.recipes import LAPTOP_SUFFIX, list_recipes  # noqa: PLC0415  # models alone need torch alone

    print(f"recipes, each also with {LAPTOP_SUFFIX} at the end:", *list_recipes(), sep="\n  ")


def show_network(title: str, config: ResNetConfig, resolution: int) -> None:
    """Print size, cost and features, then every setting that differs from the defaults of ResNet-RS."""
    with torch.device("meta"):
        model = ResNet(config)
    print(title)
    show("parameters", f"{count_parameters(model):,}")
    show("FLOPs", f"{count_flops(model, resolution) / 1e9:.2f} G at {resolution} px (2 x multiply-adds)")
    for feature in model.feature_info:
        side = -(-resolution // feature.stride)
        show(feature.name, f"{feature.channels} x {side} x {side}, stride {feature.stride}")
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if value != field.default:
            show(f"model.{field.name}", value)


def show_recipe(name: str, resolution: int) -> None:
    """Print a recipe and its network."""
    from rs_core.recipes import LAPTOP_SUFFIX, get_recipe, list_recipes  # noqa: PLC0415  # models need torch alone

    known = [*FAMILIES, *list_recipes()]
    if name.removesuffix(LAPTOP_SUFFIX) not in list_recipes():
        raise UserError(f"{name!r} is no model, recipe or file{nearest(name, known)}; rs-core info lists them")
    recipe = get_recipe(name)
    show_network(recipe.recipe, recipe.model, resolution or recipe.resolution)
    for field in dataclasses.fields(recipe):
        if field.name not in ("recipe", "model"):
            show_setting(field.name, getattr(recipe, field.name))


def show_setting(name: str, value: Any) -> None:
    """Print a setting under the name that ``rs-core train`` takes, or all settings of a group."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            show_setting(f"{name}.{field.name}", getattr(value, field.name))
    else:
        show(name, ", ".join(map(str, value)) if isinstance(value, tuple) else value)


def show_file(path: Path, resolution: int) -> None:
    """Print what a trained model is."""
    from rs_core.cli.trained import load_trained  # noqa: PLC0415  # models alone need torch alone

    released = load_trained(str(path))
    show_network(str(path), released.model.config, resolution or released.preprocessing.resolution)
    show("recipe", released.recipe)
    show_setting("input", released.preprocessing)
    show("classes", f"{', '.join(released.class_names[:10])}{', …' if len(released.class_names) > 10 else ''}")


def show(name: str, value: object) -> None:
    """Print one line of a table."""
    print(f"  {name:31}  {value}")
