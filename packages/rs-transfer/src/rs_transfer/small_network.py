"""The network that the built-in data are for."""

from rs_core.models import ResNetConfig, image_model_config
from rs_core.recipes import LAPTOP_SUFFIX

ROW = "resnet_50"
RECIPE = f"resnet_50_transfer{LAPTOP_SUFFIX}"


def small_network() -> ResNetConfig:
    """Give ResNet-50 with one block a stage and a quarter of its width, behind the stem for small images.

    It is the network of the laptop form of every recipe for ResNet-50; its maps c2 to c5 have strides 2 to 16.
    """
    return image_model_config(ROW, blocks=(1, 1, 1, 1), width_multiplier=0.25, stem="small")
