"""Residual blocks of clips: where they stride, reach over frames, gate and drop."""

import pytest
import torch
from torch import nn

from rs_core.models import ResNet3dConfig
from rs_core.models.blocks3d import Bottleneck3d, Placement3d, Shortcut3d


def config(**options):
    return ResNet3dConfig(blocks=(1, 1, 1, 1), **options)


INSIDE = {"in_channels": 16, "width": 4}


def randomized(block):
    """Put the block into eval mode with statistics that are not the initial ones."""
    for module in block.modules():
        if isinstance(module, nn.BatchNorm3d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return block.double().eval()


def test_frames_pixels_and_channels_are_mixed_by_one_convolution_each():
    place = Placement3d(**INSIDE, temporal_kernel_size=3, temporal_stride=2, stride=2, opens_stage=True)
    block = Bottleneck3d(place, config())
    kernels = [(conv.kernel_size, conv.stride) for conv in (block.conv1, block.conv2, block.conv3)]
    assert kernels == [((3, 1, 1), (2, 1, 1)), ((1, 3, 3), (1, 2, 2)), ((1, 1, 1), (1, 1, 1))]
    assert block.shortcut.conv.stride == (2, 2, 2)
    assert block(torch.zeros(2, 16, 5, 7, 8)).shape == (2, 16, 3, 4, 4)


@pytest.mark.parametrize("opens_stage", [True, False])
def test_only_blocks_that_open_a_stage_project(opens_stage):
    block = Bottleneck3d(Placement3d(**INSIDE, opens_stage=opens_stage), config())
    assert isinstance(block.shortcut, Shortcut3d) == opens_stage


@pytest.mark.parametrize("self_gating", ["none", "before_se", "after_se"])
@pytest.mark.parametrize("se_ratio", [0.0, 0.25])
def test_gates_follow_one_another_as_layers_over_the_whole_map_would(self_gating, se_ratio):
    torch.manual_seed(0)
    place = Placement3d(**INSIDE, closes_stage=True)
    block = randomized(Bottleneck3d(place, config(self_gating=self_gating, se_ratio=se_ratio)))
    branch = torch.randn(3, 16, 2, 4, 5, dtype=torch.float64)

    def gated(x, layer):
        return x * layer(x.mean((2, 3, 4)))[:, :, None, None, None]

    expected = branch
    order = {"none": ["se"], "before_se": ["self_gating", "se"], "after_se": ["se", "self_gating"]}[self_gating]
    for name in order:
        layer = getattr(block, name)
        expected = expected if layer is None else gated(expected, layer)
    torch.testing.assert_close(block.merge(branch, torch.zeros_like(branch)), expected.relu())
    assert (block.self_gating is None) == (self_gating == "none")
    assert (block.se is None) == (se_ratio == 0)


def test_the_two_orders_of_gates_differ():
    place = Placement3d(**INSIDE, closes_stage=True)
    before, after = (randomized(Bottleneck3d(place, config(self_gating=g))) for g in ("before_se", "after_se"))
    after.load_state_dict(before.state_dict())
    x = torch.randn(2, 16, 2, 4, 5, dtype=torch.float64)
    assert not torch.allclose(before(x), after(x))


def test_only_the_last_block_of_a_stage_gates_itself():
    assert Bottleneck3d(Placement3d(**INSIDE), config(self_gating="before_se")).self_gating is None


def test_a_dropped_branch_leaves_the_activated_shortcut_and_a_kept_one_is_scaled_up():
    torch.manual_seed(0)
    block = Bottleneck3d(Placement3d(**INSIDE, drop_path_rate=0.75, closes_stage=True), config()).double()
    for module in block.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.eval()  # statistics of the batch would tie the samples together
    x = torch.randn(64, 16, 2, 3, 3, dtype=torch.float64)
    block.act = nn.Identity()
    branch = block(x) - x
    block.drop_path_rate = 0.0
    whole = block(x) - x
    kept = branch.abs().amax((1, 2, 3, 4)) > 1e-12
    assert 4 < int(kept.sum()) < 32  # 16 are expected
    torch.testing.assert_close(branch[kept], 4 * whole[kept])


def test_a_block_without_gates_and_kernels_over_time_treats_every_frame_alone():
    torch.manual_seed(0)
    block = randomized(Bottleneck3d(Placement3d(**INSIDE), config(se_ratio=0, self_gating="none")))
    x = torch.randn(2, 16, 4, 5, 5, dtype=torch.float64)
    alone = torch.cat([block(frame) for frame in x.split(1, dim=2)], dim=2)
    torch.testing.assert_close(block(x), alone)
