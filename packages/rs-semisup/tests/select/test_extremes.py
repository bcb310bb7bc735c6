"""The most and the least certain images, one of each."""

import numpy as np
import pytest

from rs_core.data.index import ByteColumn, SampleIndex
from rs_core.data.index.in_memory import Blobs
from rs_semisup.select.extremes import least_certain, most_certain


def index_of(confidence, images):
    nothing = ByteColumn.pack([b""] * len(images))
    columns = {"confidence": np.array(confidence, np.float32), "source_row": np.array(images)}
    return SampleIndex(Blobs(nothing, nothing), np.zeros(len(images), np.int64), ("a",), columns)


@pytest.mark.parametrize("piece_rows", [3, 7, 1000])
def test_they_are_those_of_sorting_all(monkeypatch, piece_rows):
    monkeypatch.setattr("rs_semisup.select.extremes.PIECE_ROWS", piece_rows)
    rng = np.random.default_rng(0)
    images = np.repeat(np.arange(60), rng.integers(1, 5, 60))
    confidence = rng.permutation(60)[images] / 60
    index = index_of(confidence, images)
    ranked = sorted(range(60), key=lambda image: -confidence[images == image][0])
    for found, expected in ((most_certain(index, 10, 0), ranked[:10]), (least_certain(index, 10, 0), ranked[:-11:-1])):
        assert images[found].tolist() == expected
    assert len(most_certain(index, 100, 0)) == 60


def test_of_equally_certain_images_the_seed_draws():
    index = index_of(np.full(1000, 1.0), np.arange(1000))
    first, again, other = most_certain(index, 8, 0), most_certain(index, 8, 0), most_certain(index, 8, 1)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(set(first.tolist())) == 8
