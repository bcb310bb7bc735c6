"""Networks: residual networks of images and of clips, and one table of rows."""

from rs_core.models.config import NetworkConfig, ResNetConfig
from rs_core.models.config3d import ResNet3dConfig
from rs_core.models.create import build_model, create_model, image_model_config, list_models, model_config
from rs_core.models.families import FAMILIES, blocks_for_depth
from rs_core.models.features import Backbone, FeatureInfo
from rs_core.models.freeze import (
    FrozenBatchNorm,
    FrozenBatchNorm1d,
    FrozenBatchNorm2d,
    FrozenBatchNorm3d,
    freeze,
    freeze_batch_norm,
)
from rs_core.models.inflate import Inflation, inflate
from rs_core.models.network import ResidualNetwork
from rs_core.models.resnet import ResNet
from rs_core.models.resnet3d import ResNet3d

__all__ = [
    "FAMILIES",
    "Backbone",
    "FeatureInfo",
    "FrozenBatchNorm",
    "FrozenBatchNorm1d",
    "FrozenBatchNorm2d",
    "FrozenBatchNorm3d",
    "Inflation",
    "NetworkConfig",
    "ResNet",
    "ResNet3d",
    "ResNet3dConfig",
    "ResNetConfig",
    "ResidualNetwork",
    "blocks_for_depth",
    "build_model",
    "create_model",
    "freeze",
    "freeze_batch_norm",
    "image_model_config",
    "inflate",
    "list_models",
    "model_config",
]
