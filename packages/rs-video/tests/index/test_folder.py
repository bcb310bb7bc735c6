"""Folders with a folder per class."""

import pytest

from rs_video.index.folder import list_folder


def listed(folder, class_names=None, *, with_labels=True):
    listing = list_folder(folder, class_names, with_labels=with_labels)
    return [(row.file, row.label) for row in listing.rows]


@pytest.fixture
def folder(tmp_path):
    for name in ("jump/b.mp4", "jump/a.MP4", "jump/notes.txt", "run/deep/er/c.webm", "run/.hidden.mp4", ".trash/x.mp4"):
        path = tmp_path / "videos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "videos"


def test_videos_come_by_class_at_any_depth(folder):
    assert listed(folder) == [("jump/a.MP4", "jump"), ("jump/b.mp4", "jump"), ("run/deep/er/c.webm", "run")]


def test_classes_are_the_folders_even_an_empty_one(folder):
    (folder / "sit").mkdir()
    assert list_folder(folder, None, with_labels=True).class_names == ("jump", "run", "sit")


def test_videos_outside_of_class_folders_are_counted(folder):
    (folder / "x.mp4").touch()
    listing = list_folder(folder, None, with_labels=True)
    assert listing.num_listed == 4
    assert [(each.file, each.kind) for each in listing.left_out] == [("x.mp4", "unlabelled")]


def test_without_labels_videos_lie_anywhere(folder):
    (folder / "x.mp4").touch()
    assert ("x.mp4", None) in listed(folder, with_labels=False)


def test_links_to_folders_and_files_are_followed_once(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/d.mp4").touch()
    (folder / "swim").symlink_to(tmp_path / "elsewhere")
    (folder / "run/loop").symlink_to(folder)
    assert ("swim/d.mp4", "swim") in listed(folder)
    assert len(listed(folder)) == 4


def test_what_is_no_such_folder_is_refused(folder, tmp_path, refusal):
    (tmp_path / "empty").mkdir()
    assert "empty: no videos (.mp4" in refusal(listed, tmp_path / "empty")
    assert "jump: no class folders" in refusal(listed, folder / "jump")
    message = refusal(listed, folder, ("jump", "runs"))
    assert message == f"{folder}/run: not one of the 2 classes (did you mean 'runs'?); rename or remove the folder"


def test_a_folder_of_splits_is_taken_for_no_classes(folder, tmp_path, refusal):
    (tmp_path / "data").mkdir()
    folder.rename(tmp_path / "data/val")
    message = refusal(listed, tmp_path / "data")
    assert "lie in val/, which are splits" in message
    assert f"rs-video index {tmp_path}/data/val --out" in message
