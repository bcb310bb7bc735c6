"""``rs-transfer scenes`` as a user meets it."""

import numpy as np
from PIL import Image


def test_it_writes_three_data_sets_and_a_sheet(command, tmp_path):
    outcome = command("scenes", "written", "--num_train", 6, "--num_test", 2)
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines() == [
        "voc:    written/VOCdevkit, VOC2007 and VOC2012, 6 to train on, 2 to test on in each",
        "ade:    written/ADEChallengeData2016, 6 to train on, 2 to test on",
        "nyu:    written/nyu, 6 to train on, 2 to test on",
        "sheet:  written/sheet.png",
        "scenes: written",
    ]
    with Image.open(tmp_path / "written/sheet.png") as sheet:
        assert sheet.size == (808, 1220)
        colours = {tuple(colour) for colour in np.asarray(sheet).reshape(-1, 3)[::3]}
    assert {(255, 255, 0), (224, 224, 192), (255, 0, 255)} <= colours


def test_mistakes_are_one_line(refused, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/notes.txt").write_text("mine")
    assert refused("scenes", "taken") == "taken: is not empty; give another folder for the scenes"
    assert "did you mean '--num_train'?" in refused("scenes", "out", "--num_trian", 2)
    assert refused("scenes", "out", "--size_px", 9) == "size_px=9: give 48 to 1024 pixels"
    assert not (tmp_path / "out").exists()
