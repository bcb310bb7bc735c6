"""ResNet-RS in PyTorch: backbones, the recipe that made them, and the studies behind it.

``import rs_core`` needs torch alone. Names are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rs_core._version import __version__
from rs_core.extras import missing_extra

if TYPE_CHECKING:
    from rs_core.bench import count_flops, count_parameters
    from rs_core.errors import UserError
    from rs_core.export import optimize_for_inference
    from rs_core.models import FeatureInfo, ResNet, ResNetConfig, create_model, list_models
    from rs_core.recipes import get_recipe, list_recipes
    from rs_core.train.release import load_model

_HOMES = {
    "FeatureInfo": "models",
    "ResNet": "models",
    "ResNetConfig": "models",
    "UserError": "errors",
    "count_flops": "bench",
    "count_parameters": "bench",
    "create_model": "models",
    "get_recipe": "recipes",
    "list_models": "models",
    "list_recipes": "recipes",
    "load_model": "train.release",
    "optimize_for_inference": "export",
}

__all__ = [  # noqa: RUF022  # the version first
    "__version__",
    "FeatureInfo",
    "ResNet",
    "ResNetConfig",
    "UserError",
    "count_flops",
    "count_parameters",
    "create_model",
    "get_recipe",
    "list_models",
    "list_recipes",
    "load_model",
    "optimize_for_inference",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rs_core' has no attribute {name!r}")
    try:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    except ModuleNotFoundError as error:
        raise missing_extra(error, f"rs_core.{name}") from None


def __dir__() -> list[str]:
    return sorted(__all__)
