"""The head that turns feature maps into depth."""

import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from rs_transfer.depth.head import TopDownDepthHead, UpsampleAndJoin

CHANNELS = (8, 16, 32, 64)


def features(side=16):
    torch.manual_seed(0)
    return tuple(torch.randn(2, channels, side >> level, side >> level) for level, channels in enumerate(CHANNELS))


def head(l1_weight=0.1):
    torch.manual_seed(0)
    return TopDownDepthHead(in_channels=CHANNELS, channels=64, max_depth_m=10.0, l1_weight=l1_weight)


def measured(depth_m):
    packed = []
    for one in depth_m:
        sample = SegDataSample()
        sample.set_data({"gt_depth_map": PixelData(data=one)})
        packed.append(sample)
    return packed


def test_depth_has_the_size_of_the_finest_map_and_stays_in_its_range():
    depth_m = head()(features())
    assert depth_m.shape == (2, 1, 16, 16)
    assert depth_m.min() > 0
    assert depth_m.max() < 10


def test_maps_of_odd_sizes_are_joined():
    odd = tuple(torch.randn(1, c, *size) for c, size in zip(CHANNELS, ((15, 21), (8, 11), (4, 6), (2, 3)), strict=True))
    assert head()(odd).shape == (1, 1, 15, 21)


def test_every_level_moves_the_depth():
    levels = [feature.requires_grad_() for feature in features()]
    head()(tuple(levels)).sum().backward()
    assert all(level.grad.abs().sum() > 0 for level in levels)


def test_the_coarse_map_is_brought_up_bilinearly_and_joined_before_the_finer_one():
    join = UpsampleAndJoin(1, 1, 1)
    seen = {}
    join.convolutions.register_forward_hook(lambda module, inputs, output: seen.update(joined=inputs[0]))
    coarse, fine = torch.arange(4.0).view(1, 1, 2, 2), torch.full((1, 1, 4, 4), 7.0)
    join(coarse, fine)
    expected = torch.nn.functional.interpolate(coarse, size=(4, 4), mode="bilinear", align_corners=False)
    assert torch.equal(seen["joined"], torch.cat([expected, fine], dim=1))


def test_losses_are_taken_where_depth_is_measured_and_nowhere_else():
    depth_m, estimated = torch.full((2, 1, 32, 32), 3.0), head()(features()).detach()
    plain = head().loss_by_feat(estimated, measured(depth_m))
    assert set(plain) == {"loss_silog", "loss_l1"}
    depth_m[:, :, :16] = 65.535
    depth_m[:, :, :4] = 0.0
    with_holes = head().loss_by_feat(estimated, measured(depth_m))
    estimated[:, :, :7] = 9.0
    assert with_holes == head().loss_by_feat(estimated, measured(depth_m))
    assert with_holes != plain


def test_the_absolute_error_can_be_left_out():
    losses = head(l1_weight=0.0).loss_by_feat(head()(features()), measured(torch.ones(2, 1, 32, 32)))
    assert set(losses) == {"loss_silog"}
