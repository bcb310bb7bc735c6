"""The measure of the input pipeline: what it counts, not how much."""

import numpy as np
import pytest

from rs_core.bench.loader import measure_loader
from rs_core.bench.loader_parts import LoaderParts, readable
from rs_core.data.digits import index_digits
from rs_core.data.index import Blobs, ByteColumn, SampleIndex
from rs_core.errors import UserError


def blobs(*images):
    names = ByteColumn.pack(f"image {row}".encode() for row in range(len(images)))
    return SampleIndex(Blobs(ByteColumn.pack(images), names), np.zeros(len(images), np.int64), ("thing",))


@pytest.mark.parametrize("num_workers", [0, 1])
def test_every_part_of_the_pipeline_takes_time(num_workers):
    speed = measure_loader(index_digits("train"), resolution=16, num_workers=num_workers, batch_size=8, seconds=0.05)
    figures = speed.as_dict()
    assert figures["num_workers"] == num_workers
    assert figures["images_per_second"] > 0
    assert figures["cropped_per_second"] > 0
    parts = figures["parts"]
    assert set(parts) == {"read", "decode", "resize", "hand_over", "augment", "whole_decode"}
    assert all(parts[name] > 0 for name in parts if name != "hand_over")


def test_the_share_of_the_decoder_is_its_time_over_that_of_decoding_and_resizing():
    parts = LoaderParts(read=9, decode=60, resize=20, hand_over=11, augment=7, whole_decode=72)
    assert parts.share_of_decoder == pytest.approx(0.9)
    assert parts.in_worker == 100


def test_unreadable_images_are_not_measured():
    good = index_digits("train").read(0)
    assert readable(blobs(b"no image", good), np.arange(2)) == [good]


def test_a_data_set_without_a_readable_image_is_refused_with_a_reason():
    with pytest.raises(UserError, match="none of 2 images can be read; the last: image 1: not a JPEG"):
        readable(blobs(b"no image", b""), np.arange(2))


def test_a_time_above_0_is_needed():
    with pytest.raises(UserError, match="seconds=0"):
        measure_loader(index_digits("train"), resolution=16, num_workers=0, seconds=0)
