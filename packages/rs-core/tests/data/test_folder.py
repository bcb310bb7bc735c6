"""Indexing image files: class folders and tables of labels."""

import re
from collections import Counter

import pytest
from torchvision.datasets import ImageFolder

from rs_core.data.folder import index_csv, index_folder
from rs_core.errors import UserError


def make_files(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"image")


def names_of(index, root):
    return [index.name(row).removeprefix(f"{root}/") for row in range(len(index))]


def refusal(call):
    with pytest.raises(UserError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("split", ["train", "val"])
def test_real_folders_are_indexed_as_torchvision_indexes_them(shared, split):
    root = shared / "data/tiny_imagenet_20"
    theirs = ImageFolder(root / split)
    ours = index_folder(root, split)
    assert list(ours.class_names) == theirs.classes
    assert list(zip(names_of(ours, ""), ours.labels.tolist(), strict=True)) == [
        (path.removeprefix("/"), label) for path, label in theirs.samples
    ]
    assert ours.read(7) == open(theirs.samples[7][0], "rb").read()  # noqa: PTH123, SIM115


def test_images_are_told_by_extension_in_any_case_and_hidden_things_are_ignored(tmp_path):
    wanted = ["train/b/1.JPEG", "train/b/2.Png", "train/b/3.webp", "train/b/4.bmp", "train/b/images/5.jpg"]
    make_files(tmp_path, "train/a/z.jpg", *wanted)
    make_files(tmp_path, "train/b/notes.txt", "train/b/.hidden.jpg", "train/.git/x.jpg", "train/b/.thumbs/6.jpg")
    make_files(tmp_path, "train/readme.jpg")
    index = index_folder(tmp_path, "train")
    assert index.class_names == ("a", "b")
    assert names_of(index, tmp_path) == ["train/a/z.jpg", *wanted]
    assert index.labels.tolist() == [0, 1, 1, 1, 1, 1]


def test_labels_of_val_follow_the_given_class_names_even_if_unsorted(tmp_path):
    make_files(tmp_path, "val/cat/1.jpg", "val/dog/2.jpg", "val/dog/3.jpg")
    index = index_folder(tmp_path, "val", class_names=("dog", "cat"))
    labels = {name: int(label) for name, label in zip(names_of(index, tmp_path), index.labels, strict=True)}
    assert labels == {"val/cat/1.jpg": 1, "val/dog/2.jpg": 0, "val/dog/3.jpg": 0}


def test_a_missing_root_is_named(tmp_path):
    assert refusal(lambda: index_folder(tmp_path / "no", "train")).startswith(f"{tmp_path}/no: no such folder")


def test_a_missing_split_is_named_with_what_is_there_instead(tmp_path):
    make_files(tmp_path, "cats/1.jpg", "dogs/2.jpg", "a.txt", "b.txt")
    message = refusal(lambda: index_folder(tmp_path, "val"))
    assert "no folder val/" in message
    assert "it holds a.txt, b.txt, cats/ and 1 more" in message


def test_a_split_without_class_folders_says_what_it_holds(tmp_path):
    make_files(tmp_path, "train/1.jpg")
    assert "no class folders (it holds 1.jpg)" in refusal(lambda: index_folder(tmp_path, "train"))
    (tmp_path / "val").mkdir()
    assert "no class folders (it is empty)" in refusal(lambda: index_folder(tmp_path, "val"))


def test_a_class_folder_without_images_is_named(tmp_path):
    make_files(tmp_path, "train/cat/1.jpg", "train/dog/readme.txt")
    assert f"{tmp_path}/train/dog: no images" in refusal(lambda: index_folder(tmp_path, "train"))


def test_a_class_unknown_to_training_is_named_with_the_nearest(tmp_path):
    make_files(tmp_path, "val/cat/1.jpg", "val/dogs/1.jpg")
    message = refusal(lambda: index_folder(tmp_path, "val", class_names=("cat", "dog")))
    assert message.startswith(f"{tmp_path}/val/dogs: not a class of the training set (did you mean 'dog'?)")


def test_a_class_missing_from_val_is_named(tmp_path):
    make_files(tmp_path, "val/cat/1.jpg")
    message = refusal(lambda: index_folder(tmp_path, "val", class_names=("cat", "dog")))
    assert "no folder for 1 of the 2 classes of the training set, such as 'dog'" in message


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table beside three images and indexes it."""
    make_files(tmp_path, "images/1.jpg", "images/2.jpg", "images/sub/3.jpg")

    def index(text, class_names=None):
        (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
        return index_csv(tmp_path / "labels.csv", tmp_path / "images", class_names)

    return index


def test_names_in_a_table_become_sorted_classes_and_its_order_is_kept(table, tmp_path):
    index = table("file,label\n2.jpg,dog\nsub/3.jpg,cat\n1.jpg,dog\n")
    assert names_of(index, tmp_path) == ["images/2.jpg", "images/sub/3.jpg", "images/1.jpg"]
    assert index.class_names == ("cat", "dog")
    assert index.labels.tolist() == [1, 0, 1]
    assert index.read(0) == b"image"


def test_integers_in_a_table_are_class_indices(table):
    index = table("file,label\n1.jpg,2\n2.jpg,0\n")
    assert index.class_names == ("0", "1", "2")
    assert index.labels.tolist() == [2, 0]


def test_given_class_names_are_matched_by_name_first_then_by_index(table):
    index = table("file,label\n1.jpg,1\n2.jpg,0\n", class_names=("5", "1", "cat"))
    assert index.labels.tolist() == [1, 0]
    assert table("file,label\n1.jpg,cat\n", class_names=("5", "1", "cat")).labels.tolist() == [2]


def test_a_table_saved_by_a_spreadsheet_is_read(table):
    index = table('\ufefffile,label\r\n"1.jpg", "tench, a fish"\r\n\r\n2.jpg,owl\r\n')
    assert index.class_names == ("owl", "tench, a fish")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "row 1: the header is ''; it must be 'file,label'"),
        ("path,label\n1.jpg,0\n", "row 1: the header is 'path,label'"),
        ("file,label\n", "no rows below the header"),
        ("file,label\n1.jpg,0\n2.jpg\n", "row 3: 1 fields instead of 2"),
        ("file,label\n1.jpg,cat\n9.jpg,dog\n", r"row 3: there is no file .*images/9\.jpg"),
        ("file,label\nno/1.jpg,cat\n", r"row 2: there is no file .*images/no/1\.jpg"),
        ("file,label\n1.jpg,cat\n2.jpg,dog\n1.jpg,dog\n", r"row 4: '1\.jpg' is already in row 2"),
        ("file,label\n1.jpg,0\n2.jpg,-1\n", "row 3: label -1 is out of range"),
        ("file,label\n1.jpg,4000000000\n", "row 2: label 4000000000 is out of range"),
    ],
)
def test_a_faulty_row_is_named(table, text, message):
    refused = refusal(lambda: table(text))
    assert re.search(rf"labels\.csv[,:] {message}", refused), refused


@pytest.mark.parametrize(
    ("label", "message"),
    [("2", "label 2 is out of range; give a class index in 0 .. 1"), ("dgo", "did you mean 'dog'")],
)
def test_a_label_outside_the_given_classes_is_named(table, label, message):
    refused = refusal(lambda: table(f"file,label\n1.jpg,cat\n2.jpg,{label}\n", class_names=("cat", "dog")))
    assert "row 3" in refused
    assert message in refused


def test_a_table_that_is_no_text_is_refused(table, tmp_path):
    (tmp_path / "labels.csv").write_bytes(b"file,label\n\xff\xfe,0\n")
    message = refusal(lambda: index_csv(tmp_path / "labels.csv", tmp_path / "images"))
    assert "not a CSV table in UTF-8" in message
    assert "cannot be read" in refusal(lambda: index_csv(tmp_path / "no.csv", tmp_path))


def test_a_table_of_real_images_agrees_with_their_folders(shared, tmp_path):
    root = shared / "data/tiny_imagenet_20"
    folders = index_folder(root, "val")
    lines = [
        f"{folders.name(row).removeprefix(f'{root}/')},{folders.class_names[folders.labels[row]]}"
        for row in range(len(folders))
    ]
    (tmp_path / "val.csv").write_text("file,label\n" + "\n".join(lines))
    table = index_csv(tmp_path / "val.csv", root)
    assert table.class_names == folders.class_names
    assert Counter(table.labels.tolist()) == dict.fromkeys(range(20), 20)
    assert names_of(table, root) == names_of(folders, root)
