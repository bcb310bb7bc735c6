"""The segmentors, built and run."""

from dataclasses import replace

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from rs_transfer.mm.start import open_start
from rs_transfer.segment.recipes import FCN_SCENES_ADE

CLASSES = ("a", "b", "c", "d")


def samples(classes):
    packed = []
    for mask in classes:
        sample = SegDataSample(metainfo={"img_shape": (64, 64), "ori_shape": (48, 80)})
        sample.gt_sem_seg = PixelData(data=mask[None])
        packed.append(sample)
    return packed


@pytest.mark.parametrize("head", ["fcn", "upernet", "deeplabv3"])
def test_every_head_learns_and_predicts_a_class_for_each_pixel_of_the_file(head):
    init_default_scope("mmseg")
    torch.manual_seed(0)
    config = replace(FCN_SCENES_ADE, head=head, head_channels=16, class_names=CLASSES)
    model = MODELS.build(ConfigDict(config.network(open_start("", config.model))))
    images = torch.randn(2, 3, 64, 64)
    losses = model.train()(images, samples(torch.randint(0, 4, (2, 64, 64))), mode="loss")
    assert {"decode.loss_ce", "aux.loss_ce"} <= set(losses)
    sum(loss for name, loss in losses.items() if "loss" in name).backward()
    assert all(parameter.grad is not None for parameter in model.backbone.parameters())
    (first, _) = model.eval()(images, samples(torch.zeros(2, 64, 64, dtype=torch.long)), mode="predict")
    predicted = first.pred_sem_seg.data
    assert predicted.shape == (1, 48, 80)
    assert set(predicted.unique().tolist()) <= {0, 1, 2, 3}


def test_fcn_and_deeplabv3_see_maps_at_a_stride_of_8_and_upernet_as_the_network_has_them():
    start = open_start("", FCN_SCENES_ADE.model)
    for head, side in (("fcn", 8), ("deeplabv3", 8), ("upernet", 4)):
        init_default_scope("mmseg")
        config = replace(FCN_SCENES_ADE, head=head, class_names=CLASSES)
        model = MODELS.build(ConfigDict(config.network(start)))
        assert model.extract_feat(torch.zeros(1, 3, 64, 64))[3].shape[2:] == (side, side)
