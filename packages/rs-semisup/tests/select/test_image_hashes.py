"""The images of other sets, hashed by any number of workers."""

import numpy as np
import pytest
from PIL import Image

from rs_core.data.decode import DecodeConfig
from rs_semisup.label.hashes import content_hash, perceptual_hash
from rs_semisup.select.image_hashes import hash_images
from rs_semisup.select.selection import in_silence


def hashed(labelled, held_out, *, perceptual=False, num_workers=1):
    return hash_images(
        labelled,
        held_out,
        perceptual=perceptual,
        decode=DecodeConfig(),
        num_workers=num_workers,
        progress=in_silence,
    )


def test_an_image_of_both_sets_counts_as_labelled(make_index, tmp_path):
    train = make_index(tmp_path, "train", [b"a", b"b"])
    val = make_index(tmp_path, "val", [b"b", b"c", b"c"])
    known = hashed(train, [val])
    expected = {content_hash(b"a"): 0, content_hash(b"b"): 0, content_hash(b"c"): 1}
    assert dict(zip(known.content.values.tolist(), known.content.sets.tolist(), strict=True)) == expected
    assert np.all(np.diff(known.content.values.astype(object)) > 0)
    assert (known.num_images, known.num_unreadable, len(known.perceptual.values)) == (5, 0, 0)


def test_bytes_that_are_no_image_still_count_as_bytes(make_index, tmp_path):
    known = hashed(None, [make_index(tmp_path, "val", [b"no image"])], perceptual=True)
    assert known.content.values.tolist() == [content_hash(b"no image")]
    assert (known.num_unreadable, len(known.perceptual.values)) == (1, 0)


def test_without_other_sets_there_is_nothing(tmp_path):
    known = hashed(None, [])
    assert (len(known.content.values), len(known.perceptual.values), known.num_images) == (0, 0, 0)


@pytest.mark.parametrize("num_workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_workers_find_the_same(make_index, shared, tmp_path, monkeypatch, num_workers):
    monkeypatch.setattr("rs_semisup.select.image_hashes.SPAN_ROWS", 2)
    monkeypatch.setattr("rs_semisup.select.image_hashes.SPANS_PER_WORKER", 1)
    paths = sorted((shared / "data" / "photos_cc0").rglob("*.jpg"))[:10]
    index = make_index(tmp_path, "photos", [path.read_bytes() for path in paths])
    known = hashed(index, [], perceptual=True, num_workers=num_workers)
    assert known.perceptual.values.tolist() == sorted(
        perceptual_hash(Image.open(path).convert("RGB")) for path in paths
    )


def test_an_index_that_no_longer_fits_its_file_is_refused(make_index, refusal, tmp_path):
    val = make_index(tmp_path, "val", [b"a", b"b"])
    (tmp_path / "val.bin").write_bytes(b"other")
    assert "val.bin: changed since it was indexed" in refusal(hashed, None, [val])
