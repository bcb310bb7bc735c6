"""The images of a transfer: the built-in digits 5 to 9, CIFAR-100, folders of photos."""

from dataclasses import replace

import numpy as np
import pytest

from rs_core.data.index.in_memory import Files
from rs_core.errors import UserError
from rs_transfer.classify.config import ClassifyDataConfig
from rs_transfer.classify.samples import open_labelled, open_test, refuse_missing_test, split


def names(index):
    return {index.name(row) for row in range(len(index))}


def test_without_a_root_five_of_each_digit_from_5_to_9_have_labels():
    index, in_words = open_labelled(ClassifyDataConfig(), seed=0)
    assert index.class_names == ("5", "6", "7", "8", "9")
    assert np.bincount(index.labels).tolist() == [5] * 5
    assert in_words == "the built-in digits 5 to 9, 5 labelled images of each class"
    assert names(index) != names(open_labelled(ClassifyDataConfig(), seed=1).samples)


def test_all_digits_have_labels_if_that_is_asked_for():
    index, in_words = open_labelled(ClassifyDataConfig(labels_per_class=0), seed=0)
    assert len(index) == 705
    assert in_words == "the built-in digits 5 to 9"


def test_test_digits_are_not_among_those_with_labels():
    data = ClassifyDataConfig(labels_per_class=0)
    index = open_labelled(data, seed=0).samples
    test = open_test(data, index.class_names)
    assert len(test) == 191
    assert not names(index) & names(test)


def test_cifar_100_is_known_by_its_folder(write_cifar):
    data = ClassifyDataConfig(root=str(write_cifar()))
    index, in_words = open_labelled(data, seed=0)
    assert len(index) == 300
    assert in_words == "this is not the whole of CIFAR-100: 300 of 50,000 training images"
    assert len(open_test(data, index.class_names)) == 100


def test_a_folder_of_photos_is_learned_from_whole(photos):
    data = ClassifyDataConfig(root=str(photos))
    index, in_words = open_labelled(data, seed=0)
    assert (len(index), in_words) == (12, str(photos))
    assert len(open_test(data, index.class_names)) == 6


def test_a_split_is_of_training_images_alone(photos):
    data = ClassifyDataConfig(root=str(photos), split_share=0.34)
    index = open_labelled(data, seed=0).samples
    learned, judged = split(index, data, seed=0)
    assert np.bincount(judged.labels).tolist() == [2, 2]
    assert names(learned) | names(judged) == names(index)
    assert not names(learned) & names(judged)
    assert not names(judged) & names(open_test(data, index.class_names))


def test_missing_test_images_are_noticed_without_reading_any(photos, monkeypatch):
    monkeypatch.setattr(Files, "read", lambda *_: pytest.fail("an image was read"))
    data = ClassifyDataConfig(root=str(photos))
    refuse_missing_test(data, ("blue", "red"))
    (photos / "val").rename(photos / "test")
    with pytest.raises(UserError, match="has no folder val/"):
        refuse_missing_test(data, ("blue", "red"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels_per_class": -2}, r"data\.labels_per_class=-2"),
        ({"split_share": 0.0}, r"data\.split_share=0\.0"),
        ({"split_share": 1.0}, r"data\.split_share=1\.0"),
        ({"judged_by": "train"}, "judged_by='train'"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        replace(ClassifyDataConfig(), **change)
