"""Classification reads RGB images, and compares each label with the logit that belongs to it."""

import dataclasses
import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from rs_core import UserError
from rs_core.data.decode import DecodeConfig
from rs_core.data.imagenet_classes import imagenet_class_names, imagenet_wordnet_ids
from rs_core.data.index import NO_LABEL, Blobs, ByteColumn, SampleIndex
from rs_core.data.preprocessing import Preprocessing
from rs_core.train.classify import Classification, evaluate_on_index, open_held_out
from rs_core.train.config import DataConfig


def test_a_network_for_other_than_rgb_images_is_refused(tiny_config):
    config = dataclasses.replace(tiny_config, model=dataclasses.replace(tiny_config.model, in_channels=1))
    with pytest.raises(UserError, match=r"model.in_channels=1: images are read as RGB; leave it at 3"):
        Classification(config, torch.device("cpu"))


@pytest.mark.parametrize("apply", [False, True])
def test_a_model_trained_on_photos_turned_upright_is_judged_and_released_so(tiny_config, apply):
    data = dataclasses.replace(tiny_config.data, decode=DecodeConfig(apply_exif_orientation=apply))
    task = Classification(dataclasses.replace(tiny_config, data=data), torch.device("cpu"))
    assert task.preprocessing.apply_exif_orientation == apply
    assert task.release(nn.Identity(), "run").preprocessing == task.preprocessing


class ReadsTheShade(nn.Module):
    """A perfect classifier of plain images as grey as their label, whose first of eleven logits is a background."""

    def forward(self, images):
        shades = (255 * images[:, 0, 0, 0]).round().long()
        return F.one_hot(shades + 1, 11).float()


def plain_images(num_images):
    """Image ``i`` has the label ``i`` and that shade of grey."""
    blobs = []
    for shade in range(num_images):
        stream = io.BytesIO()
        Image.new("RGB", (12, 12), (shade, shade, shade)).save(stream, "PNG")
        blobs.append(stream.getvalue())
    names = tuple(str(shade) for shade in range(num_images))
    source = Blobs(ByteColumn.pack(blobs), ByteColumn.pack(name.encode() for name in names))
    return SampleIndex(source, np.arange(num_images), names)


@pytest.mark.parametrize("resize", ["pil_bicubic", "tf1_bicubic"])
@pytest.mark.parametrize(("class_offset", "top1"), [(1, 100.0), (0, 0.0)])
def test_labels_are_compared_with_the_logits_that_belong_to_them(class_offset, top1, resize):
    preprocessing = Preprocessing(resolution=8, mean=(0, 0, 0), std=(1, 1, 1), resize=resize, class_offset=class_offset)
    figures = evaluate_on_index(ReadsTheShade(), plain_images(10), preprocessing, torch.device("cpu"), 0)
    assert figures["val/top1"] == top1
    assert figures["val/num_images"] == 10


def test_held_out_images_that_cannot_be_read_are_named_and_not_counted(capsys):
    good = plain_images(3)
    images = [good.read(0), b"no image", good.read(2)]
    index = dataclasses.replace(good, source=Blobs(ByteColumn.pack(images), ByteColumn.pack([b"a", b"b", b"c"])))
    preprocessing = Preprocessing(resolution=8, mean=(0, 0, 0), std=(1, 1, 1), class_offset=1)
    figures = evaluate_on_index(ReadsTheShade(), index, preprocessing, torch.device("cpu"), 0)
    assert (figures["val/top1"], figures["val/num_images"], figures["val/num_skipped"]) == (100, 2, 1)
    assert capsys.readouterr().err == "left out of the evaluation: b: not a JPEG, PNG, WebP or BMP image (8 bytes)\n"


def test_a_sample_without_a_label_is_refused_by_name():
    index = dataclasses.replace(plain_images(3), labels=np.array([0, NO_LABEL, 2]))
    with pytest.raises(UserError, match=r"^1: has no label"):
        evaluate_on_index(ReadsTheShade(), index, Preprocessing(resolution=8), torch.device("cpu"), 0)


def test_imagenet_is_found_by_its_wordnet_ids_in_folders_and_lists(tmp_path):
    names = imagenet_class_names()
    for wordnet_id in imagenet_wordnet_ids():
        (tmp_path / "val" / wordnet_id).mkdir(parents=True)
        (tmp_path / "val" / wordnet_id / "1.jpg").touch()
    folder = open_held_out(DataConfig(root=str(tmp_path)), names)
    assert folder.labels.tolist() == list(range(1000))

    (tmp_path / "val.csv").write_text("file,label\nval/n01443537/1.jpg,n01443537\nval/n01440764/1.jpg,7\n")
    listed = open_held_out(DataConfig(root=str(tmp_path), val_csv=str(tmp_path / "val.csv")), names)
    assert listed.labels.tolist() == [1, 7]
