"""Networks: one configurable residual network and one table of rows."""

from rs_core.models.config import ResNetConfig
from rs_core.models.create import create_model, list_models, model_config
from rs_core.models.families import FAMILIES, blocks_for_depth
from rs_core.models.features import Backbone, FeatureInfo
from rs_core.models.freeze import FrozenBatchNorm2d, freeze, freeze_batch_norm
from rs_core.models.resnet import ResNet

__all__ = [
    "FAMILIES",
    "Backbone",
    "FeatureInfo",
    "FrozenBatchNorm2d",
    "ResNet",
    "ResNetConfig",
    "blocks_for_depth",
    "create_model",
    "freeze",
    "freeze_batch_norm",
    "list_models",
    "model_config",
]
