"""Predictions in one folder are of one index, one teacher and one way: another is refused, and told what differs."""

import shutil

import pytest

from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_any import build_index
from rs_core.errors import UserError
from rs_semisup.label import label


@pytest.fixture
def begun(config, tmp_path):
    """Predictions that are there."""
    return label(config())


def test_the_manifest_says_what_was_done(begun, teacher_file):
    manifest = begun.manifest
    assert (manifest.num_rows, manifest.num_ranges) == (45, 6)
    assert (manifest.teacher, manifest.class_names) == (str(teacher_file), ("a", "b", "c", "d", "e"))
    assert (manifest.top_k, manifest.precision, manifest.preprocessing.resolution) == (3, "float32", 24)


def test_more_classes_than_there_are_means_all(config):
    assert label(config(top_k=99)).manifest.top_k == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"top_k": 2}, "was begun with top_k=3, not 2; go on with that"),
        ({"batch_size": 8, "range_rows": 16}, "was begun with range_rows=8, not 16, batch_size=4, not 8"),
        ({"precision": "bfloat16"}, "was begun with precision=float32, not bfloat16"),
        ({"perceptual_hash": False}, "was begun with perceptual_hash=True, not False"),
    ],
)
def test_other_settings_are_refused(begun, config, changes, message):
    with pytest.raises(UserError) as caught:
        label(config(**changes))
    assert message in str(caught.value)


def test_another_teacher_is_refused(begun, config, save_teacher, tmp_path):
    other = save_teacher(tmp_path / "other.safetensors", seed=1)
    with pytest.raises(UserError, match=r"was begun by another teacher, .*\(5 classes, 24 px\); give that one"):
        label(config(teacher=str(other)))


def test_the_same_teacher_elsewhere_is_the_same(begun, config, teacher_file, tmp_path):
    shutil.copy(teacher_file, tmp_path / "moved.safetensors")
    assert label(config(teacher=str(tmp_path / "moved.safetensors"))).missing() == []


def test_an_index_that_changed_is_refused(config, pictures, tmp_path):
    images = tmp_path / "images"
    shutil.copytree(pictures.parent / "images", images)
    index = tmp_path / "index"
    build_index([str(images)], index, BuildConfig(with_labels=False))
    label(config(index=str(index)))
    shutil.copy(images / "all/00.png", images / "all/99.png")
    build_index([str(images)], index, BuildConfig(with_labels=False))
    with pytest.raises(UserError, match=r"labels another index \(44 rows, now 45\), or the index has changed since"):
        label(config(index=str(index)))


@pytest.mark.parametrize("name", ["index.json", "rows-000000000000-000000000008.parquet"])
def test_a_folder_of_something_else_is_refused(config, tmp_path, name):
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / name).touch()
    with pytest.raises(UserError, match=f"holds {name} and no predictions; label into a new or empty folder"):
        label(config())
