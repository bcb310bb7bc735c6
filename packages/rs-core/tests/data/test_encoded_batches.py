"""Workers leave JPEGs to the device with the crops they would take themselves, and make what it cannot."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from rs_core.data.crop import Box, RandomCropConfig, random_crop_box
from rs_core.data.decode import DecodeConfig
from rs_core.data.encoded_batches import MAX_SHRINKING, encoded_batches
from rs_core.data.index import Blobs, ByteColumn, SampleIndex
from rs_core.data.loader import train_batches
from rs_core.data.order import Order
from rs_core.data.training_images import TrainingImages

RESOLUTION = 8
PHOTO = Image.radial_gradient("L").convert("RGB").resize((60, 40))


def encode(image, format="JPEG", **options):
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def in_memory(blobs):
    names = [f"sample {row}".encode() for row in range(len(blobs))]
    classes = tuple(map(str, range(len(blobs))))
    return SampleIndex(Blobs(ByteColumn.pack(blobs), ByteColumn.pack(names)), np.arange(len(blobs)), classes)


def encoded(index, num_positions=24, num_workers=0, resolution=RESOLUTION, **decode):
    return encoded_batches(
        TrainingImages(index=index, seed=3, crop=RandomCropConfig()),
        order=Order(num_rows=len(index), seed=3),
        parts=[range(start, start + 8) for start in range(0, num_positions, 8)],
        resolution=resolution,
        num_workers=num_workers,
        pin_memory=False,
        decode=DecodeConfig(on_device=True, **decode),
    )


def decoded(index, num_positions=24, **decode):
    return train_batches(
        index,
        order=Order(num_rows=len(index), seed=3),
        parts=[range(start, start + 8) for start in range(0, num_positions, 8)],
        resolution=RESOLUTION,
        crop=RandomCropConfig(),
        num_workers=0,
        decode=DecodeConfig(**decode),
    )


def files(batch):
    ends = batch.ends.tolist()
    return [batch.data[start:end].numpy().tobytes() for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_files_are_handed_over_byte_for_byte_with_the_crops_of_their_positions(num_workers):
    index = in_memory([encode(PHOTO, quality=quality) for quality in (30, 60, 90)])
    for number, batch in enumerate(encoded(index, num_workers=num_workers)):
        assert batch.positions.tolist() == list(range(8 * number, 8 * number + 8))
        assert batch.rows.tolist() == Order(num_rows=3, seed=3).rows_at(batch.positions.numpy()).tolist()
        assert batch.labels.tolist() == batch.rows.tolist()
        assert files(batch) == [index.read(row) for row in batch.rows.tolist()]
        assert batch.images.shape == (0, 3, RESOLUTION, RESOLUTION)
        for position, box in zip(batch.positions.tolist(), batch.boxes.tolist(), strict=True):
            rng = np.random.Generator(np.random.Philox(key=[3, position]))
            assert Box(*box) == random_crop_box(40, 60, RandomCropConfig(), rng)


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    return encode(PHOTO, exif=exif)


OTHERS = {
    "PNG": encode(PHOTO, "PNG"),
    "CMYK": encode(PHOTO.convert("CMYK")),
    "JPEG with more after its end": encode(PHOTO) + b"..",
    "RGB in JPEG": encode(PHOTO, keep_rgb=True),
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("num_workers", [0, 2])
def test_what_a_device_cannot_decode_is_made_as_workers_make_it(kind, num_workers):
    index = in_memory([OTHERS[kind]])
    for batch, expected in zip(encoded(index, num_workers=num_workers), decoded(index), strict=True):
        assert batch.ends.tolist() == [0] * 8
        assert torch.equal(batch.images, expected.images)


def test_photos_to_be_turned_are_made_by_workers_if_they_are_to_be_turned():
    index = in_memory([turned(), encode(PHOTO)])
    for batch, expected in zip(
        encoded(index, apply_exif_orientation=True), decoded(index, apply_exif_orientation=True), strict=True
    ):
        made = [place for place, data in enumerate(files(batch)) if not data]
        assert [batch.rows[place].item() for place in made] == [0] * len(made)
        assert torch.equal(batch.images, expected.images[made])
    assert all(all(files(batch)) for batch in encoded(index))


def test_a_crop_far_larger_than_the_image_of_the_model_is_made_by_workers():
    side = 2 * MAX_SHRINKING
    index = in_memory([encode(PHOTO.resize((2 * side, 2 * side)))])
    (batch,) = encoded(index, num_positions=8, resolution=2)
    left = [box for box, data in zip(batch.boxes.tolist(), files(batch), strict=True) if data]
    assert 0 < len(left) < 8
    assert all(max(box[2:]) <= side for box in left)
    assert len(batch.images) == 8 - len(left)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_unreadable_sample_is_replaced_and_reported_as_workers_that_decode_do(num_workers):
    index = in_memory([encode(PHOTO), b"no image", encode(PHOTO)[:200], encode(PHOTO, "PNG")])
    for batch, expected in zip(encoded(index, num_workers=num_workers), decoded(index), strict=True):
        assert torch.equal(batch.rows, expected.rows)
        assert torch.equal(batch.labels, expected.labels)
        assert batch.skipped == expected.skipped
        skipped = [skip.position for skip in batch.skipped]
        attempts = [skipped.count(position) for position in batch.positions.tolist()]
        assert batch.attempts.tolist() == attempts
