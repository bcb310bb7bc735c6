"""Folders of scenes: whole or absent, the same each time."""

import hashlib

import pytest

from rs_core.errors import UserError
from rs_transfer.scenes import Scenes, write_scenes


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_arguments_give_the_same_files(scenes, tmp_path):
    again = write_scenes(tmp_path / "again", num_train=6, num_test=4, seed=7)
    assert digest(again.voc) == digest(scenes.voc)
    assert digest(again.ade) == digest(scenes.ade)
    assert digest(again.nyu) == digest(scenes.nyu)


def test_a_scene_does_not_depend_on_how_many_there_are(scenes, tmp_path):
    fewer = write_scenes(tmp_path / "fewer", num_train=2, num_test=1, seed=7)
    assert digest(fewer.voc / "VOC2012/JPEGImages").items() <= digest(scenes.voc / "VOC2012/JPEGImages").items()


def test_the_list_of_classes_counts_pictures(scenes):
    header, *rows = [line.split("\t") for line in (scenes.ade / "objectInfo150.txt").read_text().splitlines()]
    assert header == ["Idx", "Ratio", "Train", "Val", "Name"]
    assert [row[4] for row in rows] == ["wall", "ground", "five", "six", "seven", "eight", "nine"]
    assert [row[2:4] for row in rows[:2]] == [["6", "4"]] * 2
    assert sum(float(row[1]) for row in rows) < 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_train": 0}, "num_train=0, num_test=1: give at least 1 picture of each"),
        ({"size_px": 20}, "size_px=20: give 48 to 1024 pixels"),
        ({"seed": -1}, "seed=-1: give 0 or more"),
    ],
)
def test_what_makes_no_scenes_is_refused(tmp_path, arguments, message):
    with pytest.raises(UserError) as raised:
        write_scenes(tmp_path / "out", **{"num_train": 1, "num_test": 1, "seed": 0, **arguments})
    assert str(raised.value) == message
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty; give another folder"):
        write_scenes(tmp_path, num_train=1, num_test=1, seed=0)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_nothing_is_left_of_what_was_interrupted(tmp_path, monkeypatch):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("rs_transfer.scenes.write.write_nyu", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_scenes(tmp_path / "out", num_train=1, num_test=1, seed=0)
    assert not list(tmp_path.iterdir())


def test_folders_have_the_names_of_the_real_ones(scenes):
    assert scenes == Scenes.below(scenes.voc.parent)
    assert [path.name for path in (scenes.voc, scenes.ade)] == ["VOCdevkit", "ADEChallengeData2016"]
