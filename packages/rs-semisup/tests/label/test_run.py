"""Every row is labelled once, by what the teacher says of it, and all files are the same whoever wrote them."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rs_core.data.folder import index_folder
from rs_core.data.index import open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_any import build_index
from rs_core.data.index.write_shards import ShardConfig, write_shards
from rs_core.errors import UserError
from rs_core.weights.pretrained import load_pretrained
from rs_semisup.label import LabelConfig, label
from rs_semisup.label.hashes import content_hash, perceptual_hash

UNREADABLE = (7, 20, 33)


def whole(predictions):
    """Give all columns as lists."""
    tables = [predictions.read(number).to_pydict() for number in range(predictions.manifest.num_ranges)]
    return {name: [value for table in tables for value in table[name]] for name in tables[0]}


@pytest.fixture
def columns(config):
    return whole(label(config()))


def test_each_row_is_there_once_and_in_order(columns):
    assert columns["row"] == list(range(45))


def test_what_is_kept_is_what_the_network_says_of_the_image(columns, pictures, teacher_file):
    index, teacher = open_index(pictures), load_pretrained(teacher_file)
    prepared = {row: columns["classes"][row] for row in range(45) if row not in UNREADABLE}
    for row, classes in prepared.items():
        path = index.name(row)
        probabilities = forward_alone(teacher, path)
        order = np.argsort(-probabilities)
        assert classes == order[:3].tolist()
        assert columns["class"][row] == order[0]
        assert columns["confidence"][row] == pytest.approx(probabilities[order[0]], abs=1e-5)
        assert columns["probabilities"][row] == pytest.approx(probabilities[order[:3]], abs=1e-3)
        assert columns["entropy"][row] == pytest.approx(-(probabilities * np.log(probabilities)).sum(), abs=1e-4)


def forward_alone(teacher, path):
    """Give the probabilities of one image, without any of the parts that labelling uses."""
    # The centre crop of the released evaluation: 0.875 of the short edge, resized by bicubic interpolation.
    image = Image.open(path).convert("RGB")
    size = teacher.preprocessing.resolution
    side = int(np.float32(size / (size + round(size / 7))) * np.float32(min(image.size)))
    left, top = (image.width - side + 1) // 2, (image.height - side + 1) // 2
    pixels = image.resize((size, size), Image.Resampling.BICUBIC, (left, top, left + side, top + side))
    scaled = (np.asarray(pixels, np.float64) / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    with torch.inference_mode():
        logits = teacher.model.double()(torch.from_numpy(scaled).permute(2, 0, 1)[None])[0].numpy()
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


def test_an_image_that_cannot_be_read_says_why_and_has_no_prediction(columns):
    assert [row for row in range(45) if columns["unreadable"][row] is not None] == list(UNREADABLE)
    reasons = [columns["unreadable"][row] for row in UNREADABLE]
    assert reasons[0].startswith("truncated or damaged image")
    assert reasons[1] == "not a JPEG, PNG, WebP or BMP image (0 bytes)"
    assert reasons[2].endswith("cannot be read (no such file)")
    for name in ("class", "confidence", "entropy", "classes", "probabilities", "perceptual_hash"):
        assert [row for row in range(45) if columns[name][row] is None] == list(UNREADABLE)
    assert [row for row in range(45) if columns["content_hash"][row] is None] == [33]


def test_hashes_are_of_bytes_and_of_pixels(columns, pictures):
    index = open_index(pictures)
    assert columns["content_hash"][:3] == [content_hash(index.read(row)) for row in range(3)]
    shown = [Image.open(index.name(row)).convert("RGB") for row in range(3)]
    assert columns["perceptual_hash"][:3] == [perceptual_hash(image) for image in shown]


def test_all_classes_can_be_kept(config):
    columns = whole(label(config(top_k=0)))
    kept = [probabilities for probabilities in columns["probabilities"] if probabilities]
    assert all(sum(each) == pytest.approx(1, abs=2e-3) and len(each) == 5 for each in kept)


@pytest.mark.parametrize("num_workers", [1, 3])
def test_the_number_of_decoding_processes_changes_no_byte(config, contents, expected, tmp_path, num_workers):
    label(config(num_workers=num_workers))
    assert contents(tmp_path / "predictions") == expected


@pytest.mark.parametrize("start", [0.4, 0.99])
def test_where_a_process_begins_changes_no_byte(config, contents, expected, tmp_path, start):
    label(config(), start=start)
    assert contents(tmp_path / "predictions") == expected


def test_labelling_that_was_interrupted_goes_on_where_it_was(config, contents, expected, tmp_path):
    seen = []

    def interrupt(_predictions, num_rows):
        seen.append(num_rows)
        if sum(seen) == 28:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label(config(), interrupt)
    there = contents(tmp_path / "predictions")
    assert 1 <= len(there) - 1 <= 3
    done = []
    label(config(), lambda _predictions, num_rows: done.append(num_rows))
    assert contents(tmp_path / "predictions") == expected
    assert sum(done) == 45 - 8 * (len(there) - 1)


def test_what_is_finished_is_not_done_again(config):
    label(config())
    done = []
    label(config(), lambda _predictions, num_rows: done.append(num_rows))
    assert done == []


def test_a_file_that_is_lost_is_made_anew(config, contents, expected, tmp_path):
    predictions = label(config())
    predictions.path(3).unlink()
    label(config())
    assert contents(tmp_path / "predictions") == expected


def test_a_full_disk_leaves_what_is_whole_and_the_next_call_goes_on(config, contents, expected, tmp_path, monkeypatch):
    flush, calls = os.fsync, []

    def fill_up(descriptor):
        calls.append(descriptor)
        if len(calls) > 3:  # the manifest and two ranges
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(descriptor)

    monkeypatch.setattr("rs_core.atomic.os.fsync", fill_up)
    with pytest.raises(UserError, match=r"cannot write .*rows-0.*: No space left on device; make room"):
        label(config())
    there = contents(tmp_path / "predictions")
    assert len(there) == 3
    assert there.items() <= expected.items()
    monkeypatch.undo()
    label(config())
    assert contents(tmp_path / "predictions") == expected


def test_what_a_killed_process_left_half_written_is_removed(config, contents, expected, tmp_path):
    out = tmp_path / "predictions"
    out.mkdir()
    (out / ".rows-000000000008-000000000016.parquet.4711.partial").write_bytes(b"PAR1")
    label(config())
    assert contents(out) == expected


def test_a_teacher_that_answers_with_nan_leaves_no_file(config, contents, save_teacher, tmp_path):
    teacher = save_teacher(tmp_path / "wild.safetensors", scale=1e30)
    with pytest.raises(UserError) as caught:
        label(config(teacher=str(teacher)))
    assert "00.png (row 0): the teacher" in str(caught.value)
    assert "answers with NaN in float32; try --precision bfloat16 into another folder" in str(caught.value)
    assert list(contents(tmp_path / "predictions")) == ["manifest.json"]


def test_a_shard_that_changed_since_it_was_indexed_ends_labelling(config, tmp_path):
    for number in range(6):
        path = tmp_path / f"folder/all/{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 30), (40 * number, 0, 0)).save(path)
    write_shards(index_folder(tmp_path, "folder"), tmp_path / "shards", ShardConfig(name="x"), 1)
    build_index([str(tmp_path / "shards/samples.csv")], tmp_path / "index", BuildConfig(with_labels=False))
    shard = next((tmp_path / "shards").rglob("*.tar"))
    shard.write_bytes(shard.read_bytes() + bytes(512))
    with pytest.raises(UserError, match=r"\.tar: .*index"):
        label(config(index=str(tmp_path / "index")))


def test_an_incomplete_config_is_refused():
    with pytest.raises(UserError, match="labelling needs teacher: give one"):
        label(LabelConfig(index="i", out="o"))


def test_broken_photos_of_the_world_are_left_out(config, shared, tmp_path):
    photos = sorted((shared / "data/photos_cc0").rglob("*.jpg"))[:5] + sorted((shared / "data/corrupt").rglob("*.jpg"))
    (tmp_path / "real/all").mkdir(parents=True)
    for photo in photos:
        (tmp_path / "real/all" / photo.name).symlink_to(photo)
    build_index([str(tmp_path / "real")], tmp_path / "index", BuildConfig(with_labels=False))
    columns = whole(label(config(index=str(tmp_path / "index"))))
    index = open_index(tmp_path / "index")
    left_out = [Path(index.name(row)).name for row, reason in enumerate(columns["unreadable"]) if reason is not None]
    assert left_out == [photo.name for photo in photos[5:]]
