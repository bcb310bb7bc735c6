"""Residual blocks: where they stride, pool, project, gate and drop."""

import pytest
import torch
from torch import nn

from rs_core import ResNetConfig
from rs_core.models.blocks import BasicBlock, Bottleneck, Placement, Shortcut

PLAIN = ResNetConfig(blocks=(1, 1, 1, 1), se_ratio=0)
OPENING = Placement(in_channels=8, width=4, stride=2, opens_stage=True)


def config(**options):
    return ResNetConfig(blocks=(1, 1, 1, 1), **options)


@pytest.mark.parametrize(("downsampling", "strides"), [("A", (2, 1)), ("B", (1, 2)), ("D", (1, 2))])
def test_the_variant_says_which_convolution_strides(downsampling, strides):
    block = Bottleneck(OPENING, config(downsampling=downsampling))
    assert (block.conv1.stride[0], block.conv2.stride[0]) == strides


def test_resnet_d_pools_in_the_shortcut_and_no_longer_strides_there():
    pooled = Bottleneck(Placement(in_channels=8, width=4, stride=2, opens_stage=True, pool_shortcut=True), PLAIN)
    plain = Bottleneck(OPENING, PLAIN)
    assert (pooled.shortcut.pool.stride, pooled.shortcut.conv.stride) == (2, (1, 1))
    assert isinstance(plain.shortcut.pool, nn.Identity)
    assert plain.shortcut.conv.stride == (2, 2)


@pytest.mark.parametrize(
    ("block_cls", "in_channels", "stride", "opens_stage", "projects"),
    [
        (Bottleneck, 16, 1, True, True),  # also where the width would fit, as in the released code
        (Bottleneck, 16, 1, False, False),
        (BasicBlock, 4, 1, True, False),  # c2 of ResNet-18
        (BasicBlock, 2, 1, True, True),
        (BasicBlock, 4, 2, True, True),
    ],
)
def test_only_blocks_that_open_a_stage_project(block_cls, in_channels, stride, opens_stage, projects):
    block = block_cls(Placement(in_channels=in_channels, width=4, stride=stride, opens_stage=opens_stage), PLAIN)
    assert isinstance(block.shortcut, Shortcut) == projects


@pytest.mark.parametrize("block_cls", [Bottleneck, BasicBlock])
@pytest.mark.parametrize("se_ratio", [0.0, 0.5])
def test_a_dropped_branch_leaves_the_activated_shortcut_and_a_kept_one_is_scaled_up(block_cls, se_ratio):
    torch.manual_seed(0)
    width = 16 // block_cls.expansion
    place = Placement(in_channels=16, width=width, drop_path_rate=0.75)
    block = block_cls(place, config(se_ratio=se_ratio)).double()
    # Statistics of the batch would tie the samples together.
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    x = torch.randn(64, 16, 3, 3, dtype=torch.float64)
    block.act = nn.Identity()
    branch = block(x) - x
    block.drop_path_rate = 0.0
    whole = block(x) - x

    kept = branch.abs().amax((1, 2, 3)) > 1e-12
    assert 4 < int(kept.sum()) < 32  # 16 are expected
    torch.testing.assert_close(branch[kept], 4 * whole[kept])


def test_drop_path_is_off_in_eval_mode():
    torch.manual_seed(0)
    block = Bottleneck(Placement(in_channels=16, width=4, drop_path_rate=0.9), PLAIN).eval()
    x = torch.randn(8, 16, 3, 3)
    assert torch.equal(block(x), block(x))
    with_branch = block(x)
    nn.init.zeros_(block.bn3.weight)
    assert not torch.equal(block(x), with_branch)


def test_a_zero_gamma_block_is_the_activated_identity():
    block = Bottleneck(Placement(in_channels=16, width=4), config())
    nn.init.zeros_(block.last_bn.weight)
    x = torch.randn(2, 16, 5, 5)
    torch.testing.assert_close(block(x), x.relu())


def test_a_block_leaves_its_input_alone():
    block = Bottleneck(Placement(in_channels=16, width=4), config())
    x = torch.randn(2, 16, 5, 5)
    before = x.clone()
    block(x)
    assert torch.equal(x, before)
