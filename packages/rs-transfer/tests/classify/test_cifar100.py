"""CIFAR-100 from its published files: pixel by pixel, said to be a part where it is one, refused where damaged."""

import hashlib
import io
import os
import pickle

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import CIFAR100

from rs_core.errors import UserError
from rs_transfer.classify import cifar100
from rs_transfer.classify.cifar100 import index_cifar100, is_cifar100


def pixels(index, row):
    return np.array(Image.open(io.BytesIO(index.read(row))))


@pytest.mark.parametrize(("split", "count"), [("train", 700), ("test", 450)])
def test_real_images_and_fine_labels_are_those_in_the_file(shared, split, count):
    root = shared / "data/cifar100_sample"
    index, in_words = index_cifar100(root, split)
    with (root / "cifar-100-python" / split).open("rb") as file:
        content = pickle.load(file, encoding="latin1")
    assert len(index) == len(content["data"]) == count
    assert index.labels.tolist() == content["fine_labels"]
    for row in range(count):
        red_green_blue = np.asarray(content["data"][row]).reshape(3, 32, 32)
        assert np.array_equal(pixels(index, row).transpose(2, 0, 1), red_green_blue)
    assert f"this is not the whole of CIFAR-100: {count} of " in in_words


def test_the_first_real_images_are_what_they_are_known_to_be(shared):
    index, _ = index_cifar100(shared / "data/cifar100_sample", "train")
    assert [index.class_names[label] for label in index.labels[:4]] == ["cattle", "dinosaur", "apple", "boy"]


def test_files_with_the_published_sums_are_cifar_100(write_cifar, monkeypatch):
    root = write_cifar(num_test=100)
    sums = {
        name: hashlib.md5((root / "cifar-100-python" / name).read_bytes()).hexdigest()
        for name in ("train", "test", "meta")
    }
    monkeypatch.setattr(cifar100, "PUBLISHED_SUMS", sums)
    monkeypatch.setattr(cifar100, "NUM_IMAGES", {"train": 300, "test": 100})
    monkeypatch.setattr(CIFAR100, "train_list", [["train", sums["train"]]])
    monkeypatch.setattr(CIFAR100, "test_list", [["test", sums["test"]]])
    monkeypatch.setattr(CIFAR100, "meta", {**CIFAR100.meta, "md5": sums["meta"]})
    index, in_words = index_cifar100(root, "train")
    assert (len(index), in_words) == (300, "CIFAR-100")
    assert index.class_names[:2] == ("fine 0", "fine 1")
    assert index.name(7) == f"{root}/cifar-100-python/train, image 7"


def test_as_many_images_as_published_with_another_sum_are_damaged(write_cifar, monkeypatch):
    monkeypatch.setattr(cifar100, "NUM_IMAGES", {"train": 300, "test": 100})
    with pytest.raises(UserError, match=r"train: not CIFAR-100 \(300 images, but not the published MD5 sum .*unpack"):
        index_cifar100(write_cifar(), "train")


@pytest.mark.parametrize("name", ["train", "test", "meta"])
def test_a_missing_file_is_named(write_cifar, name):
    root = write_cifar()
    (root / "cifar-100-python" / name).unlink()
    with pytest.raises(UserError, match=rf"cifar-100-python/{name}: no such file; unpack cifar-100-python\.tar\.gz"):
        index_cifar100(root, "train")


@pytest.mark.parametrize("length", [0, 1, 1000, 500_000])
def test_a_file_that_is_cut_off_is_refused(write_cifar, length):
    root = write_cifar()
    path = root / "cifar-100-python/train"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UserError, match=r"train: not CIFAR-100 \(.*\); unpack"):
        index_cifar100(root, "train")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data": np.zeros((300, 3000), np.uint8)}, "no table of 32x32 RGB images"),
        ({"data": np.zeros((300, 3072), np.float32)}, "no table of 32x32 RGB images"),
        ({"data": np.zeros((0, 3072), np.uint8), "fine_labels": []}, "no table of 32x32 RGB images"),
        ({"data": "pixels"}, "no table of 32x32 RGB images"),
        ({"fine_labels": [1, 2]}, "a fine label for each of its 300 images"),
        ({"fine_labels": None}, "a fine label for each of its 300 images"),
        ({"fine_labels": [100] * 300}, "not one of 0 to 99"),
    ],
)
def test_files_of_another_form_are_refused(write_cifar, changes, reason):
    with pytest.raises(UserError, match=rf"train: not CIFAR-100 \(.*{reason}"):
        index_cifar100(write_cifar(**changes), "train")


def test_another_meta_file_is_refused(write_cifar):
    root = write_cifar()
    (root / "cifar-100-python/meta").write_bytes(pickle.dumps({"label_names": ["cat"]}))
    with pytest.raises(UserError, match=r"meta: not CIFAR-100 \(it does not name 100 fine classes\)"):
        index_cifar100(root, "train")


class Harmful:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_file_that_would_run_code_is_refused_and_does_not_run_it(write_cifar, tmp_path):
    root = write_cifar(fine_labels=Harmful(tmp_path / "harm"))
    with pytest.raises(UserError, match=r"train: not CIFAR-100 \(it names posix\.mkdir"):
        index_cifar100(root, "train")
    assert not (tmp_path / "harm").exists()


def test_a_folder_of_photos_is_not_cifar_100(photos, write_cifar):
    assert is_cifar100(write_cifar())
    assert not is_cifar100(photos)
