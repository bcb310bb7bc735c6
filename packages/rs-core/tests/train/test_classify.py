"""Classification reads RGB images."""

import dataclasses

import pytest
import torch

from rs_core import UserError
from rs_core.train.classify import Classification


def test_a_network_for_other_than_rgb_images_is_refused(tiny_config):
    config = dataclasses.replace(tiny_config, model=dataclasses.replace(tiny_config.model, in_channels=1))
    with pytest.raises(UserError, match="model.in_channels=1: images are read as RGB; leave it at 3"):
        Classification(config, torch.device("cpu"))
