"""An index of an image folder, and what a second build looks at."""

import os

import pytest

from rs_core.data.folder import index_folder
from rs_core.data.index import folder_walk, open_index
from rs_core.data.index.build import BuildConfig, Changes
from rs_core.data.index.build_folder import index_image_folder
from rs_core.data.skips import UnreadableSample


@pytest.fixture
def build(image_folder, tmp_path):
    def run(**config):
        report = index_image_folder(image_folder, tmp_path / "index", BuildConfig(**config))
        return report, open_index(tmp_path / "index")

    return run


@pytest.fixture
def listed(monkeypatch):
    """Record the folders that are listed."""
    seen = []
    list_folder = folder_walk.list_folder

    def record(path, mtime_ns):
        seen.append(os.path.basename(path))  # noqa: PTH119
        return list_folder(path, mtime_ns)

    monkeypatch.setattr(folder_walk, "list_folder", record)
    return seen


def table(index):
    return [(index.name(row), int(label), index.read(row)) for row, label in enumerate(index.labels)]


def test_on_disk_and_in_memory_are_the_same_rows(build, image_folder):
    _, index = build()
    in_memory = index_folder(image_folder.parent, image_folder.name)
    assert table(index) == table(in_memory)
    assert index.class_names == in_memory.class_names


def test_real_photos_are_indexed_as_in_memory(shared, tmp_path):
    index_image_folder(shared / "data/tiny_imagenet_20/val", tmp_path / "index", BuildConfig())
    index = open_index(tmp_path / "index")
    in_memory = index_folder(shared / "data/tiny_imagenet_20", "val")
    assert [index.name(row) for row in range(len(index))] == [in_memory.name(row) for row in range(len(index))]
    assert index.labels.tolist() == in_memory.labels.tolist()


def test_only_folders_that_changed_are_listed_again(build, image_folder, listed):
    build()
    listed.clear()
    report, _ = build()
    assert (listed, report.written, report.changes) == ([], False, Changes(unchanged=6))
    (image_folder / "dog/9.jpg").write_bytes(b"new")
    (image_folder / "cat/1.jpg").unlink()
    report, index = build()
    assert sorted(listed) == ["cat", "dog"]
    assert report.changes == Changes(unchanged=5, new=1, removed=1)
    assert table(index) == table(index_folder(image_folder.parent, image_folder.name))


def test_a_folder_that_changed_a_moment_ago_is_listed_again(build, image_folder, listed):
    (image_folder / "owl/1.jpg").write_bytes(b"1")
    build()
    listed.clear()
    build()
    assert listed == ["owl"]


def test_an_image_that_went_away_can_be_left_out(build, image_folder):
    _, index = build()
    (image_folder / "owl/0.jpg").unlink()
    with pytest.raises(UnreadableSample, match=r"owl/0\.jpg: bytes 0 to 5 cannot be read \(no such file\)"):
        index.read(5)


def test_a_file_overwritten_in_place_is_refused_and_found_by_scanning_all(build, image_folder, refusal):
    _, index = build()
    (image_folder / "owl/0.jpg").write_bytes(b"another owl")
    assert "owl/0.jpg: changed since it was indexed (then 5 bytes" in refusal(index.read, 5)
    report, index = build(rescan=True)
    assert (report.changes.new, index.read(5)) == (6, b"another owl")


def test_without_labels_images_may_lie_anywhere(build, image_folder, settled):
    (image_folder / "loose.png").write_bytes(b"loose")
    _, index = build(with_labels=False)
    assert index.class_names == ()
    assert index.labels.tolist() == [-1] * 7
    assert "loose.png" in index.name(5)
    settled(image_folder)
    assert build(with_labels=False)[0].changes == Changes(unchanged=7)


def test_classes_follow_the_given_names(build, refusal):
    _, index = build(class_names=("owl", "dog", "cat"))
    assert index.labels.tolist() == [0, 1, 1, 1, 2, 2]
    assert build()[1].class_names == ("owl", "dog", "cat")  # given once, they hold


def test_other_classes_than_those_given_are_refused(image_folder, tmp_path, refusal):
    def build(*names):
        return refusal(index_image_folder, image_folder, tmp_path / "index", BuildConfig(class_names=names))

    assert "owl: not a class of the training set" in build("cat", "dog")
    assert "no folder for 1 of the 4 classes" in build("cat", "dog", "owl", "yak")


def test_what_cannot_be_indexed_is_named(image_folder, tmp_path, refusal):
    def build(root, out="index"):
        return refusal(index_image_folder, root, tmp_path / out, BuildConfig())

    assert "no such folder" in build(tmp_path / "no")
    assert "photos/index: lies in the folder to be indexed" in build(image_folder, "photos/index")
    (image_folder / "owl/0.jpg").unlink()
    assert f"{image_folder}/owl: no images" in build(image_folder)
    (image_folder / "owl/0.jpg").symlink_to("nowhere")
    assert "owl/0.jpg: cannot be read (no such file)" in build(image_folder)
