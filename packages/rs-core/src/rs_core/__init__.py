"""ResNet-RS in PyTorch: backbones, the recipe that made them, and the studies behind it.

``import rs_core`` needs torch alone. Names are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rs_core._version import __version__
from rs_core.extras import missing_extra

if TYPE_CHECKING:
    from rs_core.bench import count_flops, count_parameters
    from rs_core.data.preprocessing import Preprocessing, prepare_image
    from rs_core.errors import UserError
    from rs_core.export import optimize_for_inference
    from rs_core.export.formats import export_model, load_exported
    from rs_core.models import (
        FeatureInfo,
        ResidualNetwork,
        ResNet,
        ResNet3d,
        ResNet3dConfig,
        ResNetConfig,
        create_model,
        inflate,
        list_models,
    )
    from rs_core.recipes import get_recipe, list_recipes
    from rs_core.weights.pretrained import load_pretrained
    from rs_core.weights.release import PretrainedModel

_HOMES = {
    "FeatureInfo": "models",
    "Preprocessing": "data.preprocessing",
    "PretrainedModel": "weights.release",
    "ResNet": "models",
    "ResNet3d": "models",
    "ResNet3dConfig": "models",
    "ResNetConfig": "models",
    "ResidualNetwork": "models",
    "UserError": "errors",
    "count_flops": "bench",
    "count_parameters": "bench",
    "create_model": "models",
    "export_model": "export.formats",
    "get_recipe": "recipes",
    "inflate": "models",
    "list_models": "models",
    "list_recipes": "recipes",
    "load_exported": "export.formats",
    "load_pretrained": "weights.pretrained",
    "optimize_for_inference": "export",
    "prepare_image": "data.preprocessing",
}

__all__ = [  # noqa: RUF022  # the version first
    "__version__",
    "FeatureInfo",
    "Preprocessing",
    "PretrainedModel",
    "ResNet",
    "ResNet3d",
    "ResNet3dConfig",
    "ResNetConfig",
    "ResidualNetwork",
    "UserError",
    "count_flops",
    "count_parameters",
    "create_model",
    "export_model",
    "get_recipe",
    "inflate",
    "list_models",
    "list_recipes",
    "load_exported",
    "load_pretrained",
    "optimize_for_inference",
    "prepare_image",
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
