"""Batches to label: the same rows and the same size whoever makes them, with zeros where there is no image."""

import pytest
import torch

from rs_core.data.folder import index_folder
from rs_core.data.index import open_index
from rs_core.data.loader import eval_batches
from rs_core.data.preprocessing import Preprocessing
from rs_semisup.label.batches import label_batches
from rs_semisup.label.hashes import content_hash


@pytest.fixture(scope="module")
def index(pictures):
    return open_index(pictures)


def batches(index, order, preprocessing=Preprocessing(resolution=24), **changes):  # noqa: B008  (frozen)
    options = {"batch_size": 8, "with_perceptual_hash": False, "num_workers": 0, "pin_memory": False}
    return list(label_batches(index, order=order, preprocessing=preprocessing, **(options | changes)))


def test_a_batch_is_the_rows_of_its_number(index):
    assert [batch.rows for batch in batches(index, [2, 0, 5])] == [range(16, 24), range(8), range(40, 45)]


@pytest.mark.parametrize("resize", ["pil_bicubic", "tf1_bicubic"])
def test_images_are_those_of_evaluation(index, resize):
    preprocessing = Preprocessing(resolution=24, resize=resize)
    expected = {}
    options = {"preprocessing": preprocessing, "batch_size": 7, "num_workers": 0}
    for batch in eval_batches(index, rows=range(45), **options):
        expected |= dict(zip(batch.rows.tolist(), batch.images, strict=True))
    for batch in batches(index, range(6), preprocessing):
        for place, row in enumerate(batch.rows):
            wanted = expected.get(row, torch.zeros_like(batch.images[0]))
            assert torch.equal(batch.images[place], wanted)


def test_every_batch_is_full_and_padded_with_zeros(index):
    (last,) = batches(index, [5])
    assert last.images.shape == (8, 3, 24, 24)
    assert not last.images[5:].any()
    assert len(last.content_hashes) == 5


def test_unreadable_rows_say_why_and_have_a_hash_where_there_are_bytes(index):
    first, _, third, _, fifth, _ = batches(index, range(6))
    assert list(first.unreadable) == [7]
    assert list(third.unreadable) == [20]
    assert list(fifth.unreadable) == [33]
    assert third.has_bytes.all()
    assert third.content_hashes.numpy()[4] == content_hash(b"")
    assert fifth.has_bytes.tolist() == [True, False, *[True] * 6]


@pytest.mark.parametrize("num_workers", [1, 2])
def test_worker_processes_make_the_same_batches(index, num_workers):
    ours = batches(index, range(6), with_perceptual_hash=True)
    theirs = batches(index, iter(range(6)), with_perceptual_hash=True, num_workers=num_workers)
    for one, other in zip(ours, theirs, strict=True):
        assert (one.first_row, one.unreadable) == (other.first_row, other.unreadable)
        for name in ("images", "content_hashes", "has_bytes", "perceptual_hashes"):
            assert torch.equal(getattr(one, name), getattr(other, name))


def test_turning_a_photo_upright_changes_its_pixels_but_not_its_hash(shared, tmp_path):
    photos = shared / "data/exif_orientation"
    (tmp_path / "photos/all").mkdir(parents=True)
    for path in sorted(photos.rglob("*.jpg")):
        (tmp_path / "photos/all" / path.name).symlink_to(path)
    index = index_folder(tmp_path, "photos")
    upright = Preprocessing(resolution=24, apply_exif_orientation=True)
    (stored,) = batches(index, [0], with_perceptual_hash=True)
    (turned,) = batches(index, [0], upright, with_perceptual_hash=True)
    assert not torch.equal(stored.images, turned.images)
    assert torch.equal(stored.perceptual_hashes, turned.perceptual_hashes)
