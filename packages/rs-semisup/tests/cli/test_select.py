"""``rs-semisup select`` as a user meets it."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from rs_core.data.index import open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_folder import index_image_folder
from rs_core.data.index.fingerprint import fingerprint
from rs_core.data.index.store import read_description
from rs_core.data.preprocessing import Preprocessing
from rs_semisup.label.hashes import content_hash
from rs_semisup.predictions.layout import Manifest
from rs_semisup.predictions.store import Predictions
from rs_semisup.predictions.write import LabelledRows, write_range

NAMES = ("cat", "dog", "owl")
CLASSES = [0, 0, 0, 1, 1, 0]
CONFIDENCE = [0.9, 0.8, 0.7, 0.6, 0.2, 0.5]


@pytest.fixture
def predicted(tmp_path):
    """Six images in ``images``, of which ``predictions`` says a class each; the last is held out too."""
    for folder, shades in (("images", range(6)), ("held", range(5, 6))):
        for shade in shades:
            path = tmp_path / folder / "all" / f"{shade}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (32, 24), (40 * shade, 100, 100)).save(path)
        index_image_folder(tmp_path / folder, tmp_path / f"{folder}_index", BuildConfig())
    index = open_index(tmp_path / "images_index")
    manifest = Manifest(
        index=fingerprint(read_description(tmp_path / "images_index")),
        num_rows=6,
        teacher="a teacher",
        teacher_fingerprint="0",
        class_names=NAMES,
        preprocessing=Preprocessing(resolution=32),
        top_k=1,
        range_rows=64,
        batch_size=64,
        precision="float32",
        perceptual_hash=False,
    )
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions/manifest.json").write_text(json.dumps(manifest.to_json()))
    labelled = LabelledRows(
        classes=np.array(CLASSES, np.int32)[:, None],
        probabilities=np.array(CONFIDENCE, np.float16)[:, None],
        confidence=np.array(CONFIDENCE, np.float32),
        entropy=np.zeros(6, np.float32),
        content_hashes=np.array([content_hash(index.read(row)) for row in range(6)], np.uint64),
        has_bytes=np.ones(6, np.bool_),
        perceptual_hashes=np.zeros(6, np.uint64),
        unreadable={},
    )
    write_range(Predictions(tmp_path / "predictions", manifest), 0, labelled)
    return ("select", "--predictions", "predictions", "--index", "images_index", "--out", "selected")


def lines_of(outcome):
    assert outcome.code == 0, outcome.err
    return {line[:9].strip(): line[11:] for line in outcome.out.splitlines()}


def test_it_says_what_it_did_and_at_last_where(command, predicted, tmp_path):
    outcome = command(*predicted, "--per_class", 2, "--held_out", "held_index")
    said = lines_of(outcome)
    assert said["rows"] == "6 of images_index"
    assert said["left out"] == "1 below 0.3, 1 duplicate (exact, held out), 1 beyond 2 of their class"
    assert said["chosen"] == "3 images, 1 of them more than once"
    assert said["per class"] == "0 / 2 / 2 rows (min / median / max), before 0 / 1 / 3"
    assert said["note"] == "no image of 1 of the classes: owl"
    assert said["report"] == "selected/report/report.md"
    assert said["written"].startswith("4 rows in ")
    assert outcome.out.splitlines()[-1] == "index: selected"
    assert open_index(tmp_path / "selected").columns["source_row"].tolist() == [0, 1, 3, 3]
    assert sorted(path.name for path in (tmp_path / "selected/report").iterdir()) == [
        "classes.png",
        "confidence.png",
        "least_certain.png",
        "most_certain.png",
        "report.md",
        "selection.json",
    ]
    page = (tmp_path / "selected/report/report.md").read_text()
    assert "| removed as duplicates: exact, held out | 1 |" in page
    for line in page.splitlines():
        if line.startswith("!["):
            assert (tmp_path / "selected/report" / line.partition("(")[2].rstrip(")")).is_file()


def test_copies_and_probabilities_can_be_left_out(command, predicted, tmp_path):
    said = lines_of(command(*predicted, "--no_copies", "--labels", "hard", "--threshold", 0))
    assert said["left out"] == "none"
    assert said["chosen"] == "6 images, 0 of them more than once"
    assert sorted(open_index(tmp_path / "selected").columns) == ["confidence", "source_row"]


def test_mistakes_are_one_line(refused, predicted, tmp_path):
    for arguments, message in (
        (("--threshold", 2), "threshold=2.0: give a probability, 0 to 1"),
        (("--treshold", 2), "unrecognized arguments: --treshold 2 (did you mean '--threshold'?)"),
        (("--labelled", "nowhere"), "nowhere: no index there; make one with: rs-core index SOURCE --out nowhere"),
        (("--predictions", "nowhere"), "nowhere: no predictions there; make some with rs-semisup label"),
        (("--out", "images"), "images: is no index, and holds all; give another folder for the index"),
    ):
        assert message in refused(*predicted, *arguments)
    assert not (tmp_path / "selected").exists()


def test_a_full_disk_is_one_line_and_leaves_nothing(command, refused, predicted, tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rs_core.data.index.column_files.os.fsync", full)
    message = refused(*predicted)
    assert "No space left on device; make room or choose another folder" in message
    assert not (tmp_path / "selected").exists()


def test_the_pictures_show_the_images(command, predicted, tmp_path):
    lines_of(command(*predicted))
    with Image.open(io.BytesIO((tmp_path / "selected/report/most_certain.png").read_bytes())) as sheet:
        colours = {colour for _, colour in sheet.convert("RGB").getcolors(2**20)}
    assert {(40 * shade, 100, 100) for shade in (0, 1, 2, 3, 5)} <= colours
    assert (160, 100, 100) not in colours
