"""The network of training: a backbone that can do without its head, and a head as rs-core has it."""

import pytest
import torch

from rs_core import UserError
from rs_core.models import image_model_config
from rs_transfer.simclr.network import ProjectionConfig, SimCLRNetwork

CONFIG = image_model_config("resnet_50", num_classes=0, blocks=(1, 1, 1, 1), width_multiplier=0.125, stem="small")


@pytest.mark.parametrize("num_layers", [2, 3])
def test_projections_are_those_of_the_pooled_features(num_layers):
    network = SimCLRNetwork(CONFIG, ProjectionConfig(num_layers=num_layers, out_channels=24)).eval()
    images = torch.rand(3, 3, 32, 32)
    projections = network(images)
    assert projections.shape == (3, 24)
    assert len(network.projection.layers) == num_layers
    torch.testing.assert_close(projections, network.projection(network.backbone()(images)))


def test_the_backbone_is_a_network_of_its_own():
    network = SimCLRNetwork(CONFIG, ProjectionConfig())
    backbone = network.backbone()
    assert not any(name.startswith("projection") for name in backbone.state_dict())
    assert not backbone.training
    before = backbone.stem.conv1.weight.clone()
    with torch.no_grad():
        network.stem.conv1.weight.add_(1)
    assert torch.equal(backbone.stem.conv1.weight, before)


@pytest.mark.parametrize("change", [{"num_layers": 0}, {"out_channels": 0}])
def test_a_head_of_nothing_is_refused(change):
    with pytest.raises(UserError, match=r"projection\.(num_layers|out_channels)=0: give at least 1"):
        ProjectionConfig(**change)
