"""Batches: the same stream for any number of workers, wherever it is entered."""

import dataclasses
import io
import multiprocessing
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data._utils.pin_memory import pin_memory as pin

from rs_core.data.crop import RandomCropConfig, random_crop_box
from rs_core.data.decode import DecodeConfig, decode_rgb
from rs_core.data.digits import index_digits
from rs_core.data.folder import index_folder
from rs_core.data.index import Blobs, ByteColumn, SampleIndex, Source
from rs_core.data.loader import Batch, _whole, eval_batches, train_batches
from rs_core.data.order import Order
from rs_core.data.preprocessing import Preprocessing, evaluation_pixels
from rs_core.data.resize import resize_into
from rs_core.data.skips import Skip, UnreadableSample
from rs_core.errors import UserError


@pytest.fixture(scope="module")
def photos(shared):
    return index_folder(shared / "data/imagenet_photos", "train")


def in_memory(images, format="PNG"):
    """Return an index of PIL images or bytes, labelled 0, 1, 2 and so on."""

    def encode(image):
        if isinstance(image, bytes):
            return image
        stream = io.BytesIO()
        image.save(stream, format)
        return stream.getvalue()

    blobs = [encode(image) for image in images]
    names = [f"sample {row}".encode() for row in range(len(blobs))]
    return SampleIndex(
        Blobs(ByteColumn.pack(blobs), ByteColumn.pack(names)),
        np.arange(len(blobs)),
        tuple(str(row) for row in range(len(blobs))),
    )


def train(index, *, first_position=0, num_positions=64, batch_size=16, seed=0, run_length=1, **changes):
    options = {"resolution": 24, "crop": RandomCropConfig(), "num_workers": 0}
    positions = range(first_position, first_position + num_positions)
    parts = [positions[start : start + batch_size] for start in range(0, num_positions, batch_size)]
    order = Order(num_rows=len(index), seed=seed, run_length=run_length)
    return train_batches(index, order=order, parts=parts, **(options | changes))


def evaluation(index, **options):
    options = {"num_workers": 0} | options
    return eval_batches(index, rows=range(len(index)), preprocessing=Preprocessing(resolution=8), **options)


def whole(batches):
    """Return all batches as one."""
    *tensors, skipped, columns = zip(*batches, strict=True)
    joined = {name: torch.cat([own[name] for own in columns]) for name in columns[0]}
    return Batch(*map(torch.cat, tensors), sum(skipped, ()), joined)


def assert_equal(one, other):
    for ours, theirs in zip(one[:3], other[:3], strict=True):
        assert torch.equal(ours, theirs)
    assert one.skipped == other.skipped


def assert_no_worker_is_left():
    deadline = time.monotonic() + 5
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("num_workers", [1, 2])
def test_real_photos_stream_the_same_from_any_number_of_workers(photos, num_workers):
    # Two epochs of 70 photos and a part of the third: batches straddle their ends.
    options = {"num_positions": 150, "resolution": 32}
    assert_equal(whole(train(photos, **options)), whole(train(photos, **options, num_workers=num_workers)))


@pytest.mark.parametrize(("first_position", "batch_size"), [(37, 16), (64, 7)])
def test_a_stream_entered_in_the_middle_goes_on_as_if_never_interrupted(photos, first_position, batch_size):
    from_start = whole(train(photos, num_positions=100))
    resumed = train(
        photos,
        first_position=first_position,
        num_positions=100 - first_position,
        batch_size=batch_size,
        num_workers=2,
    )
    assert_equal(whole(resumed), Batch(*(column[first_position:] for column in from_start[:3])))


def test_a_training_sample_is_its_row_cropped_under_the_key_of_its_position(photos):
    batch = whole(train(photos, first_position=1000, num_positions=5, seed=9))
    assert batch.rows.tolist() == Order(num_rows=len(photos), seed=9).rows_at(np.arange(1000, 1005)).tolist()
    assert batch.labels.tolist() == photos.labels[batch.rows.numpy()].tolist()
    for place, row in enumerate(batch.rows.tolist()):
        image = np.array(decode_rgb(photos.read(row), "photo"))
        rng = np.random.Generator(np.random.Philox(key=[9, 1000 + place]))
        box = random_crop_box(*image.shape[:2], RandomCropConfig(), rng)
        expected = torch.empty(3, 24, 24, dtype=torch.uint8)
        resize_into(image[box.y : box.y + box.h, box.x : box.x + box.w], expected)
        assert torch.equal(batch.images[place], expected)


def test_a_row_is_cropped_anew_in_each_epoch_and_under_each_seed():
    index = in_memory([Image.linear_gradient("L")])
    two_epochs = whole(train(index, num_positions=2)).images
    assert not torch.equal(two_epochs[0], two_epochs[1])
    assert not torch.equal(two_epochs, whole(train(index, num_positions=2, seed=1)).images)


@pytest.mark.parametrize("num_workers", [0, 1])
def test_loading_does_not_touch_the_global_random_state(num_workers):
    before = torch.get_rng_state()
    next(train(index_digits("train"), num_workers=num_workers))
    assert torch.equal(torch.get_rng_state(), before)


def test_batches_are_full_but_the_last_and_contiguous():
    for num_workers in (0, 2):
        batches = list(train(index_digits("train"), num_positions=40, num_workers=num_workers))
        assert [len(batch.rows) for batch in batches] == [16, 16, 8]
        for images, labels, rows, skipped, _ in batches:
            assert skipped == ()
            assert images.dtype == torch.uint8
            assert images.shape[1:] == (3, 24, 24)
            assert images.is_contiguous()
            assert (labels.dtype, rows.dtype) == (torch.int64, torch.int64)


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize("batch_size", [1, 7, 359, 1000])
def test_evaluation_sees_every_row_once_in_order(batch_size, num_workers):
    index = index_digits("val")
    if batch_size == 1:
        index = SampleIndex(index.source, index.labels[:5], index.class_names)
    batches = list(evaluation(index, batch_size=batch_size, num_workers=num_workers))
    seen = whole(batches)
    assert seen.rows.tolist() == list(range(len(index)))
    assert seen.labels.tolist() == index.labels.tolist()
    assert [len(batch.rows) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)


@pytest.mark.parametrize("num_workers", [0, 1])
@pytest.mark.parametrize(
    ("chosen", "dtype"),
    [
        ({}, torch.uint8),
        ({"crop_rule": "resize_first", "resize": "pil_bilinear"}, torch.uint8),
        ({"resize": "tf1_bicubic"}, torch.float32),
        ({"crop_rule": "tf2", "resize": "tf2_bilinear"}, torch.float32),
    ],
)
def test_evaluation_feeds_exactly_the_pixels_of_the_preprocessing(chosen, dtype, num_workers):
    rng = np.random.default_rng(0)
    sizes = [(1, 1), (3, 200), (63, 64), (375, 499)]
    images = [Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)) for size in sizes]
    preprocessing = Preprocessing(resolution=33, **chosen)
    (batch,) = eval_batches(
        in_memory(images), rows=range(4), preprocessing=preprocessing, batch_size=9, num_workers=num_workers
    )
    assert batch.images.dtype == dtype
    assert batch.images.is_contiguous()
    for image, seen in zip(images, batch.images, strict=True):
        assert np.array_equal(seen.permute(1, 2, 0).numpy(), evaluation_pixels(image, preprocessing))


@pytest.mark.parametrize("apply", [False, True])
def test_evaluation_turns_photos_upright_if_the_preprocessing_does(apply):
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.radial_gradient("L").crop((0, 0, 90, 40)).convert("RGB").save(stream, "JPEG", exif=exif)
    preprocessing = Preprocessing(resolution=8, apply_exif_orientation=apply)
    (batch,) = eval_batches(
        in_memory([stream.getvalue()]), rows=range(1), preprocessing=preprocessing, batch_size=1, num_workers=0
    )
    photo = decode_rgb(stream.getvalue(), "photo", DecodeConfig(apply_exif_orientation=apply))
    assert photo.size == ((40, 90) if apply else (90, 40))
    assert np.array_equal(batch.images[0].permute(1, 2, 0).numpy(), evaluation_pixels(photo, preprocessing))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_cmyk_samples_train_as_rgb(mode):
    image = Image.new("RGB", (40, 30), (200, 200, 200)).convert(mode)
    batch = whole(train(in_memory([image], "JPEG"), num_positions=3))
    assert (batch.images.to(torch.int16) - 200).abs().max() <= 2


GOOD = Image.new("RGB", (9, 9), (0, 200, 0))


@pytest.fixture
def truncated(shared):
    return (shared / "data/corrupt/truncated_000001.jpg").read_bytes()


@pytest.mark.parametrize("num_workers", [0, 2])
def test_evaluation_leaves_out_an_unreadable_sample_and_reports_it(truncated, num_workers):
    index = in_memory([GOOD, GOOD, truncated, GOOD, b"no image", b"", GOOD])
    batches = list(evaluation(index, batch_size=2, num_workers=num_workers))
    assert [batch.rows.tolist() for batch in batches] == [[0, 1], [3], [], [6]]
    assert [batch.labels.tolist() for batch in batches] == [[0, 1], [3], [], [6]]
    assert [tuple(batch.images.shape) for batch in batches] == [(n, 3, 8, 8) for n in (2, 1, 0, 1)]
    skipped = whole(batches).skipped
    assert [(skip.file, skip.row, skip.position) for skip in skipped] == [
        ("sample 2", 2, 2),
        ("sample 4", 4, 4),
        ("sample 5", 5, 5),
    ]
    assert skipped[0].reason.startswith("truncated or damaged image (")
    assert skipped[1].reason == "not a JPEG, PNG, WebP or BMP image (8 bytes)"


def test_training_puts_another_sample_in_the_place_of_an_unreadable_one(truncated):
    index = in_memory([truncated if row % 3 == 0 else GOOD for row in range(12)])
    batch = whole(train(index, num_positions=48))
    drawn = Order(num_rows=12, seed=0).rows_at(np.arange(48))
    assert all(row % 3 for row in batch.rows.tolist())
    assert batch.labels.tolist() == batch.rows.tolist()
    assert (batch.images[:, 1] == 200).all()
    unreadable = [position for position, row in enumerate(drawn.tolist()) if row % 3 == 0]
    assert [position for position in range(48) if batch.rows[position] != drawn[position]] == unreadable
    # One entry for each attempt: a replacement can be unreadable as well.
    assert {skip.position for skip in batch.skipped} == set(unreadable)
    assert len(batch.skipped) > len(unreadable)
    assert {(skip.file, skip.row) for skip in batch.skipped} == {(f"sample {row}", row) for row in range(0, 12, 3)}


@pytest.mark.parametrize("num_workers", [0, 1, 2])
def test_replacements_depend_on_seed_and_position_alone(truncated, num_workers):
    index = in_memory([truncated if row % 2 else Image.new("L", (9, 9), 20 * row) for row in range(12)])
    from_start = whole(train(index, num_positions=96))
    later = whole(train(index, first_position=40, num_positions=56, batch_size=7, num_workers=num_workers))
    skipped = tuple(skip for skip in from_start.skipped if skip.position >= 40)
    assert_equal(later, Batch(*(column[40:] for column in from_start[:3]), skipped))
    assert from_start.rows.tolist() != whole(train(index, num_positions=96, seed=1)).rows.tolist()


def test_every_row_can_stand_in_for_an_unreadable_one(truncated):
    index = in_memory([truncated, *[GOOD] * 4])
    batch = whole(train(index, num_positions=300))
    stand_ins = batch.rows[torch.tensor([skip.position for skip in batch.skipped])]
    assert set(stand_ins.tolist()) == {1, 2, 3, 4}


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_data_set_without_a_readable_sample_ends_training_with_one_line(num_workers):
    index = in_memory([b"no image"] * 5)
    with pytest.raises(UserError, match=r"^10 samples drawn .* the last: sample \d: not a JPEG") as caught:
        next(train(index, num_workers=num_workers))
    assert "\n" not in str(caught.value)
    assert_no_worker_is_left()


class _Failing:
    """A source whose row 2 fails with an error of a given kind."""

    def __init__(self, error):
        self.error = error
        self.good = in_memory([GOOD]).read(0)

    def read_rows(self, rows):
        return [self.error if row == 2 else self.good for row in rows.tolist()]

    def name(self, row):
        return f"sample {row}"


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_sample_that_is_gone_is_left_out(num_workers):
    source = _Failing(UnreadableSample("2.jpg", "cannot be read (No such file or directory)", "put it back"))
    index = SampleIndex(source, np.zeros(4, np.int64), ("thing",))
    seen = whole(evaluation(index, batch_size=2, num_workers=num_workers))
    assert seen.rows.tolist() == [0, 1, 3]
    gone = Skip(file="2.jpg", row=2, position=2, reason="cannot be read (No such file or directory)")
    assert seen.skipped == (gone,)
    trained = whole(train(index, num_positions=8, num_workers=num_workers))
    assert 2 not in trained.rows
    assert {skip.row for skip in trained.skipped} == {2}


def test_a_file_deleted_after_the_folder_was_listed_is_left_out(tmp_path):
    (tmp_path / "train/green").mkdir(parents=True)
    for number in range(4):
        GOOD.save(tmp_path / f"train/green/{number}.png")
    index = index_folder(tmp_path, "train")
    (tmp_path / "train/green/2.png").unlink()
    (skip,) = whole(evaluation(index, batch_size=4)).skipped
    assert (skip.row, skip.file) == (2, str(tmp_path / "train/green/2.png"))
    assert skip.reason == "cannot be read (No such file or directory)"


@pytest.mark.parametrize("num_workers", [0, 2])
def test_any_other_error_of_the_source_reaches_the_caller_as_one_line(num_workers):
    index = SampleIndex(_Failing(UserError("a.tar: changed; index it again")), np.zeros(4, np.int64), ("thing",))
    batches = evaluation(index, batch_size=2, num_workers=num_workers)
    assert next(batches).rows.tolist() == [0, 1]
    with pytest.raises(UserError, match=r"^a\.tar: changed; index it again$"):
        next(batches)
    with pytest.raises(UserError, match=r"^a\.tar: changed; index it again$"):
        whole(train(index, num_positions=8, num_workers=num_workers))
    assert_no_worker_is_left()


def test_a_batch_that_was_pinned_still_says_what_was_skipped(truncated, monkeypatch):
    # Without a GPU nothing can be pinned; the tuples and records go the way that pinning sends them.
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor, *_: tensor)
    batches = [pin(batch) for batch in evaluation(in_memory([GOOD, truncated]), batch_size=2)]
    (batch,) = _whole(batches)
    assert isinstance(batch, Batch)
    assert [skip.row for skip in batch.skipped] == [1]
    assert isinstance(batch.skipped, tuple)


def _nothing_large_unless_shared(share):
    def trap(storage):
        assert storage.is_shared() or storage.nbytes() < 1000
        return share(storage)

    return trap


@pytest.mark.parametrize("stream", [train, evaluation])
def test_no_images_are_copied_into_shared_memory_to_be_handed_over(monkeypatch, stream):
    # What is not shared when it is handed over is copied; the worker is forked and has this trap too.
    trap = _nothing_large_unless_shared(torch.UntypedStorage._share_fd_cpu_)
    monkeypatch.setattr(torch.UntypedStorage, "_share_fd_cpu_", trap)
    batch = next(stream(index_digits("train"), batch_size=16, num_workers=1))
    assert batch.images.numel() > 1000


@pytest.mark.parametrize("num_workers", [1, 2])
def test_a_batch_stays_as_it_is_while_later_ones_are_made(num_workers):
    index = index_digits("train")
    kept = [(batch.images, batch.images.clone()) for batch in train(index, num_positions=320, num_workers=num_workers)]
    time.sleep(0.1)
    assert all(torch.equal(images, then) for images, then in kept)


@pytest.mark.parametrize("num_workers", [1, 2])
def test_parts_of_any_size_come_in_order(num_workers):
    index = index_digits("train")
    parts = [range(8), range(8, 11), range(11, 40), range(40, 40), range(40, 48), *(range(p, p + 8) for p in (90, 48))]
    options = {"resolution": 24, "crop": RandomCropConfig(), "order": Order(num_rows=len(index), seed=0)}
    ours = train_batches(index, parts=parts, num_workers=num_workers, **options)
    for batch, expected in zip(ours, train_batches(index, parts=parts, num_workers=0, **options), strict=True):
        assert_equal(batch, expected)


def test_leaving_early_leaves_no_worker():
    batches = train(index_digits("train"), num_positions=10**5, num_workers=2)
    next(batches)
    assert len(multiprocessing.active_children()) == 2
    del batches
    assert_no_worker_is_left()


def test_an_interrupt_in_the_loop_leaves_no_worker():
    def interrupted_loop():
        for _ in train(index_digits("train"), num_positions=10**5, num_workers=2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_loop()
    assert_no_worker_is_left()


class _ThreadCount(Source):
    """A source whose image is as wide as the number of threads PyTorch would use where it is read."""

    def read(self, row):
        stream = io.BytesIO()
        Image.new("RGB", (64, 64), (torch.get_num_threads(), 0, 0)).save(stream, "PNG")
        return stream.getvalue()

    def name(self, row):
        return "threads"


def test_workers_use_one_thread_even_after_the_parent_used_several():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        torch.ones(500, 500) @ torch.ones(500, 500)
        index = SampleIndex(_ThreadCount(), np.zeros(4, np.int64), ("threads",))
        seen = whole(train(index, num_positions=4, num_workers=1))
        assert (seen.images[:, 0] == 1).all()
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="pinned memory needs a GPU")
@pytest.mark.parametrize("num_workers", [0, 2])
def test_pinned_batches_keep_their_memory_format(num_workers):
    batch = next(train(index_digits("train"), num_workers=num_workers, pin_memory=True))
    assert all(column.is_pinned() for column in batch[:3])
    assert batch.images.is_contiguous()


DIES_IN_THE_LOOP = """
from rs_core.data.crop import RandomCropConfig
from rs_core.data.digits import index_digits
from rs_core.data.loader import train_batches
from rs_core.data.order import Order

def loop():
    order = Order(num_rows=1438, seed=0)
    parts = [range(start, start + 8) for start in range(0, 8000, 8)]
    batches = train_batches(
        index_digits("train"), order=order, parts=parts, resolution=16, crop=RandomCropConfig(), num_workers=2
    )
    for batch in batches:
        raise RuntimeError("a mistake in the loop")

loop()
"""


def test_a_program_that_dies_in_the_loop_does_not_wait_for_its_workers():
    ended = subprocess.run([sys.executable, "-c", DIES_IN_THE_LOOP], capture_output=True, timeout=100, check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == b"RuntimeError: a mistake in the loop"


@pytest.mark.parametrize("num_workers", [0, 2])
def test_batches_bring_the_columns_that_are_asked_for_at_the_rows_that_they_hold(num_workers):
    images = [Image.new("RGB", (9, 9)), b"no image", *[Image.new("RGB", (9, 9))] * 6]
    soft = np.arange(16).reshape(8, 2).astype(np.float16)
    columns = {"weight": np.arange(8) / 8, "soft": soft, "other": np.arange(8)}
    index = dataclasses.replace(in_memory(images), columns=columns)
    batch = whole(train(index, num_workers=num_workers, columns=("weight", "soft")))
    assert batch.skipped
    assert list(batch.columns) == ["weight", "soft"]
    assert torch.equal(batch.columns["weight"], batch.rows / 8)
    assert batch.columns["soft"].dtype == torch.float16
    assert torch.equal(batch.columns["soft"], torch.from_numpy(soft)[batch.rows])
