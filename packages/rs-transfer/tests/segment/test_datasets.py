"""What reaches the network: classes as each data set means them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from mmengine.registry import DATASETS, init_default_scope
from mmseg.datasets import ADE20KDataset
from mmseg.models import SegDataPreProcessor
from PIL import Image

from rs_transfer.mm.start import open_start
from rs_transfer.segment.recipes import FCN_ADE, FCN_VOC
from rs_transfer.small_network import small_network


@pytest.fixture(autouse=True)
def mmseg_scope():
    init_default_scope("mmseg")


def labels(dataset):
    return [sample["data_samples"].gt_sem_seg.data.numpy()[0] for sample in DATASETS.build(dataset)]


def test_voc_keeps_its_background_and_255(voc):
    (only,) = labels(voc.test_dataset())
    assert set(np.unique(only)) == {0, 1, 2, 255}


def test_ade_counts_classes_from_1_and_0_is_not_labelled(ade):
    (only,) = labels(ade.test_dataset())
    assert np.array_equal(np.unique(only), [0, 1, 2, 255])
    assert only.ravel()[:4].tolist() == [255, 0, 1, 2]


def test_real_masks_of_ade_are_read_as_mmseg_reads_them(shared):
    config = replace(FCN_ADE, root=str(shared / "data/ade20k"))
    ours = config.test_dataset()
    theirs = ADE20KDataset(
        data_root=ours["data_root"], data_prefix=ours["data_prefix"], pipeline=ours["pipeline"], test_mode=True
    )
    expected = [sample["data_samples"].gt_sem_seg.data.numpy()[0] for sample in theirs]
    for found, wanted in zip(labels(ours), expected, strict=True):
        assert np.array_equal(found, wanted)


def test_real_masks_of_voc_hold_classes_and_the_void(shared):
    config = replace(FCN_VOC, root=str(shared / "data/voc_seg_real/VOCdevkit"))
    dataset = config.voc("trainval") | {"pipeline": config.test_dataset()["pipeline"]}
    found = [set(np.unique(mask)) for mask in labels(dataset)]
    assert found == [{0, 5, 15, 255}, {0, 6, 7}]


def test_training_crops_have_one_size_and_pixels_beyond_a_picture_count_for_nothing(voc):
    """Pictures of 32 to 40 x 48 to 60 pixels, in crops of 64 x 64."""
    torch.manual_seed(0)
    small = replace(voc, short_edge_px=32)
    settings = dict(small.network(start())["data_preprocessor"])
    del settings["type"]
    dataset = DATASETS.build(small.train_dataset())
    samples = [dataset[row] for row in range(len(dataset))]
    batch = SegDataPreProcessor(**settings)(
        {"inputs": [s["inputs"] for s in samples], "data_samples": [s["data_samples"] for s in samples]}, training=True
    )
    assert batch["inputs"].shape == (2, 3, 64, 64)
    for sample, packed in zip(samples, batch["data_samples"], strict=True):
        height, width = sample["inputs"].shape[1:]
        classes = packed.gt_sem_seg.data[0]
        assert (classes[height:] == 255).all()
        assert (classes[:, width:] == 255).all()


def start():
    return open_start("", small_network())


def test_a_photo_that_says_how_it_was_held_is_not_turned(voc, tmp_path):
    image = tmp_path / "VOCdevkit/VOC2012/JPEGImages/c.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 40)).save(image, exif=exif)
    voc.check_data()
    (sample,) = DATASETS.build(voc.test_dataset())
    assert sample["data_samples"].ori_shape == (40, 60)
