"""``rs-core info``: what a network costs and gives, what a recipe says, what a file holds."""

import dataclasses
from typing import Any

import torch

from rs_core.bench.cost import count_flops, count_parameters
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.errors import UserError, nearest
from rs_core.models import FAMILIES, FeatureInfo, NetworkConfig, ResNet3dConfig, build_model

DEFAULT_RESOLUTION = 224
DEFAULT_NUM_FRAMES = 32


def run(arguments: list[str]) -> None:
    """Print the names, or everything about one of them."""
    parser = CommandParser("info", "Show a model, a recipe or a trained file; all names without arguments.")
    parser.add_argument(
        "name", nargs="?", default="", help="model, recipe, run directory, or weights as for rs-core convert"
    )
    parser.add_argument("--resolution", type=at_least_one, default=0, help="pixels a side for FLOPs and feature sizes")
    parser.add_argument(
        "--num_frames", type=at_least_one, default=DEFAULT_NUM_FRAMES, help="the same for clips of video"
    )
    options = parser.parse_args(arguments)
    name, resolution, num_frames = options.name, options.resolution, options.num_frames

    if not name:
        show_names()
    elif name in FAMILIES:
        show_network(name, FAMILIES[name], resolution or DEFAULT_RESOLUTION, num_frames)
    else:
        show_recipe_or_weights(name, resolution, num_frames)


def show_names() -> None:
    """Print all models and recipes."""
    print("models:", *FAMILIES, sep="\n  ")
    from rs_core.recipes import LAPTOP_SUFFIX, list_recipes  # noqa: PLC0415  # models alone need torch alone

    print(f"recipes, each also with {LAPTOP_SUFFIX} at the end:", *list_recipes(), sep="\n  ")


def show_network(title: str, config: NetworkConfig, resolution: int, num_frames: int = DEFAULT_NUM_FRAMES) -> None:
    """Print size, cost and features, then every setting that differs from the defaults of ResNet-RS or R3D-RS."""
    with torch.device("meta"):
        model = build_model(config)
    takes_clips = isinstance(config, ResNet3dConfig)
    size = f"{num_frames} frames of {resolution} px" if takes_clips else f"{resolution} px"
    num_flops = count_flops(model, resolution, config.in_channels, num_frames=num_frames if takes_clips else None)
    print(title)
    show("parameters", f"{count_parameters(model):,}")
    show("FLOPs", f"{num_flops / 1e9:.2f} G at {size} (2 x multiply-adds)")
    for feature in model.feature_info:
        show(feature.name, extent(feature, resolution, num_frames if takes_clips else 0))
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if value != field.default:
            show(f"model.{field.name}", value)


def extent(feature: FeatureInfo, resolution: int, num_frames: int) -> str:
    """Say how large a feature map is: channels, frames where there are any, rows and columns."""
    side = -(-resolution // feature.stride)
    if not num_frames:
        return f"{feature.channels} x {side} x {side}, stride {feature.stride}"
    frames = -(-num_frames // feature.temporal_stride)
    strides = f"stride {feature.temporal_stride} in time and {feature.stride} in space"
    return f"{feature.channels} x {frames} x {side} x {side}, {strides}"


def show_recipe_or_weights(name: str, resolution: int, num_frames: int) -> None:
    """Print what is neither a model nor nothing.

    Raises:
        UserError: there is nothing of that name.
    """
    # Models alone need torch alone.
    from rs_core.recipes import LAPTOP_SUFFIX, list_recipes  # noqa: PLC0415
    from rs_core.weights.locate import is_source  # noqa: PLC0415

    if name.removesuffix(LAPTOP_SUFFIX) in list_recipes():
        show_recipe(name, resolution)
    elif is_source(name):
        show_weights(name, resolution, num_frames)
    else:
        known = [*FAMILIES, *list_recipes()]
        raise UserError(f"{name!r} is no model, recipe or file{nearest(name, known)}; rs-core info lists them")


def show_recipe(name: str, resolution: int) -> None:
    """Print a recipe and its network."""
    from rs_core.recipes import get_recipe  # noqa: PLC0415  # models alone need torch alone

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
        # Empty quotes, so that a setting without a value is seen to have none.
        show(name, ", ".join(map(str, value)) if isinstance(value, tuple) else "''" if value == "" else value)


def show_weights(source: str, resolution: int, num_frames: int) -> None:
    """Print what a trained model is and where it comes from."""
    from rs_core.cli.trained import load_trained  # noqa: PLC0415  # models alone need torch alone

    trained = load_trained(source)
    show_network(source, trained.model.config, resolution or trained.preprocessing.resolution, num_frames)
    show_setting("input", trained.preprocessing)
    if trained.class_names:
        show("classes", f"{', '.join(trained.class_names[:10])}{', …' if len(trained.class_names) > 10 else ''}")
    for field in dataclasses.fields(trained.origin):
        value = getattr(trained.origin, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if item:
                show(f"origin.{field.name}", item)


def show(name: str, value: object) -> None:
    """Print one line of a table."""
    print(f"  {name:31}  {value}")
