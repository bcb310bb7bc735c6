"""A device decodes the batches of the workers' path; here a CPU stands in for it, with the same code but the call."""

import dataclasses
import io
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from rs_core.data import device_decode
from rs_core.data.crop import RandomCropConfig
from rs_core.data.decode import DecodeConfig, decode_rgb
from rs_core.data.device_decode import DeviceDecoder, decoder_in_words, jpeg_decoder, train_batches_on_device
from rs_core.data.encoded_batches import encoded_batches
from rs_core.data.folder import index_folder
from rs_core.data.index import Blobs, ByteColumn, SampleIndex
from rs_core.data.loader import train_batches
from rs_core.data.order import Order
from rs_core.data.training_images import TrainingImages
from rs_core.errors import UserError

CPU = torch.device("cpu")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="nvJPEG needs a GPU")


@pytest.fixture(scope="module")
def photos(shared):
    return index_folder(shared / "data/imagenet_photos", "train")


@pytest.fixture(scope="module")
def torchvision_on_cpu():
    pytest.importorskip("torchvision", reason="decodes in the place of nvJPEG")
    return jpeg_decoder(CPU)


def pixels_of(file):
    """Decode as workers do, in the place of a device; refuse what is marked as bad."""
    data = file.numpy().tobytes()
    if b"refused" in data:
        raise RuntimeError("Error while decoding JPEG images: Failed to decode batch: 6\nException raised from …")
    return torch.from_numpy(np.array(decode_rgb(data, "a file"))).permute(2, 0, 1)


def decode_all(files):
    return [pixels_of(file) for file in files]


def jpeg(value, comment=b"", size=(40, 30)):
    stream = io.BytesIO()
    Image.new("RGB", size, (value,) * 3).save(stream, "JPEG", comment=comment)
    return stream.getvalue()


def png(value):
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), (value,) * 3).save(stream, "PNG")
    return stream.getvalue()


def in_memory(blobs):
    names = [f"sample {row}".encode() for row in range(len(blobs))]
    classes = tuple(map(str, range(len(blobs))))
    return SampleIndex(Blobs(ByteColumn.pack(blobs), ByteColumn.pack(names)), np.arange(len(blobs)), classes)


def options(
    index, *, seed=0, num_positions=64, first_position=0, batch_size=16, resolution=24, num_workers=0, columns=()
):
    positions = range(first_position, first_position + num_positions)
    return {
        "order": Order(num_rows=len(index), seed=seed),
        "parts": [positions[start : start + batch_size] for start in range(0, num_positions, batch_size)],
        "resolution": resolution,
        "num_workers": num_workers,
        "columns": columns,
    }


def by_workers(index, **changes):
    return train_batches(index, crop=RandomCropConfig(), **options(index, **changes))


def by_device(index, decode_jpegs=decode_all, **changes):
    chosen, decode = options(index, **changes), DecodeConfig(on_device=True)
    images = TrainingImages(index=index, seed=chosen["order"].seed, crop=RandomCropConfig())
    decoder = DeviceDecoder(images, decode_jpegs, chosen["resolution"], CPU, decode)
    return map(decoder, encoded_batches(images, **chosen, pin_memory=False, decode=decode))


def assert_same_but_for_images(one, other):
    assert torch.equal(one.rows, other.rows)
    assert torch.equal(one.labels, other.labels)
    assert set(one.skipped) == set(other.skipped)
    assert len(one.skipped) == len(other.skipped)


@pytest.mark.parametrize("resolution", [64, 160])
def test_real_photos_are_the_workers_but_for_the_rounding_of_the_filter(photos, torchvision_on_cpu, resolution):
    changes = {"num_positions": 70, "batch_size": 35, "resolution": resolution}
    differences = []
    for ours, theirs in zip(
        by_device(photos, torchvision_on_cpu, **changes), by_workers(photos, **changes), strict=True
    ):
        assert_same_but_for_images(ours, theirs)
        assert (ours.images.dtype, ours.images.shape) == (torch.uint8, theirs.images.shape)
        assert ours.images.is_contiguous()
        differences.append((ours.images.to(torch.int16) - theirs.images).abs().flatten())
    difference = torch.cat(differences)
    assert (difference == 0).float().mean() > 0.82
    assert (difference > 1).float().mean() < 1e-3
    assert difference.max() <= 20


@pytest.mark.parametrize("num_workers", [1, 2])
def test_the_stream_is_the_same_from_any_number_of_workers_and_wherever_it_is_entered(photos, num_workers):
    whole = torch.cat([batch.images for batch in by_device(photos, num_positions=60, batch_size=20)])
    changes = {"first_position": 20, "num_positions": 40, "batch_size": 10, "num_workers": num_workers}
    assert torch.equal(torch.cat([batch.images for batch in by_device(photos, **changes)]), whole[20:])


def test_images_that_workers_made_stand_in_their_places_among_the_decoded():
    index = in_memory([jpeg(10), png(60), jpeg(110), png(160), jpeg(210)])
    for batch in by_device(index):
        values = 10 + 50 * batch.rows
        assert torch.equal(batch.images.amin((1, 2, 3)), values.to(torch.uint8))
        assert torch.equal(batch.images.amax((1, 2, 3)), values.to(torch.uint8))


@pytest.mark.parametrize("blobs", [[png(9)], [jpeg(9)]])
def test_a_batch_may_have_nothing_to_decode_or_nothing_made(blobs):
    assert all((batch.images == 9).all() for batch in by_device(in_memory(blobs)))


def test_files_are_decoded_some_at_a_time(monkeypatch):
    monkeypatch.setattr(device_decode, "DECODED_AT_ONCE", 5)
    calls = []

    def counting(files):
        calls.append(len(files))
        return decode_all(files)

    (batch,) = by_device(in_memory([jpeg(10), jpeg(60)]), counting, num_positions=16)
    assert calls == [5, 5, 5, 1]
    assert torch.equal(batch.images.amax((1, 2, 3)), (10 + 50 * batch.rows).to(torch.uint8))


def test_what_the_device_refuses_is_decoded_as_workers_do():
    index = in_memory([jpeg(10), jpeg(60, comment=b"refused"), jpeg(110)])
    for ours, theirs in zip(by_device(index), by_workers(index), strict=True):
        assert_same_but_for_images(ours, theirs)
        assert torch.equal(ours.images, theirs.images)
        assert ours.skipped == ()


@pytest.fixture
def damaged():
    """A JPEG whose header and end are whole and whose pixels neither a device nor Pillow can decode."""
    good = jpeg(0, comment=b"refused", size=(64, 64))
    place = good.index(b"\xff\xc4")  # the tables of the Huffman code
    return good[:place] + b"\xff\xc4\x00\x14\x00" + b"\xff" * 17 + good[place:]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_what_nobody_can_decode_is_reported_and_replaced_as_workers_do(damaged, num_workers):
    index = in_memory([jpeg(10), damaged, damaged, png(60), b"no image", jpeg(110)])
    num_skipped = 0
    for ours, theirs in zip(by_device(index, num_workers=num_workers), by_workers(index), strict=True):
        assert_same_but_for_images(ours, theirs)
        assert torch.equal(ours.images, theirs.images)
        num_skipped += sum(skip.row in (1, 2) for skip in ours.skipped)
    assert num_skipped > 10


def test_columns_follow_the_rows_that_stand_in(damaged):
    index = in_memory([jpeg(10), damaged, png(60)])
    index = dataclasses.replace(index, columns={"tenth": np.arange(3) / 10})
    for batch in by_device(index, columns=("tenth",)):
        assert torch.equal(batch.columns["tenth"], batch.rows.double() / 10)
        assert not (batch.rows == 1).any()


def test_a_data_set_that_nobody_can_decode_ends_training_with_one_line(damaged):
    with pytest.raises(UserError, match=r"^10 samples drawn .* the last: sample 0: truncated or damaged"):
        next(by_device(in_memory([damaged])))


def test_a_corrupt_jpeg_is_refused_by_torchvision_as_the_fall_back_expects(damaged, torchvision_on_cpu):
    index = in_memory([jpeg(10), damaged])
    for ours, theirs in zip(by_device(index, torchvision_on_cpu), by_workers(index), strict=True):
        assert_same_but_for_images(ours, theirs)
        assert (ours.images == 10).all()


def test_without_torchvision_one_line_says_what_to_install(monkeypatch):
    def import_module(name):
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(device_decode, "import_module", import_module)
    decode = DecodeConfig(on_device=True)
    for ask in (lambda: jpeg_decoder(CPU), lambda: decoder_in_words(torch.device("cuda"), decode)):
        with pytest.raises(UserError) as caught:
            ask()
        assert str(caught.value) == (
            "data.decode.on_device needs torchvision, which is not installed: pip install 'rs-core[nvjpeg]'"
        )


def test_a_torchvision_without_nvjpeg_is_refused_before_training(monkeypatch):
    def decode_jpeg(files, mode, device):
        raise RuntimeError("decode_jpegs_cuda: torchvision not compiled with nvJPEG support\nException raised from …")

    monkeypatch.setattr(device_decode, "import_module", lambda name: SimpleNamespace(decode_jpeg=decode_jpeg))
    with pytest.raises(UserError) as caught:
        jpeg_decoder(CPU)
    assert str(caught.value) == (
        "data.decode.on_device: torchvision cannot decode on cpu (decode_jpegs_cuda: torchvision not compiled with "
        "nvJPEG support); leave it out"
    )


def test_its_warnings_of_old_age_are_not_passed_on(torchvision_on_cpu):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torchvision_on_cpu([torch.frombuffer(bytearray(jpeg(1)), dtype=torch.uint8)])


@pytest.mark.parametrize("on_device", [False, True])
def test_on_a_cpu_workers_decode(photos, on_device):
    decode = DecodeConfig(on_device=on_device)
    ours = train_batches_on_device(photos, crop=RandomCropConfig(), device=CPU, decode=decode, **options(photos))
    for one, other in zip(ours, by_workers(photos), strict=True):
        assert_same_but_for_images(one, other)
        assert torch.equal(one.images, other.images)


def test_what_decodes_is_said():
    assert decoder_in_words(CPU, DecodeConfig()).startswith(("simplejpeg", "Pillow"))
    pytest.importorskip("torchvision")
    on_cuda = decoder_in_words(torch.device("cuda"), DecodeConfig(on_device=True))
    assert on_cuda.startswith("nvJPEG, of torchvision 0.")


@needs_cuda
@pytest.mark.parametrize("num_workers", [0, 2])
def test_nvjpeg_gives_the_same_photos(photos, num_workers):
    pytest.importorskip("torchvision")
    chosen = options(photos, num_positions=140, batch_size=35, resolution=160, num_workers=num_workers)
    decode, device = DecodeConfig(on_device=True), torch.device("cuda")
    ours = train_batches_on_device(photos, crop=RandomCropConfig(), device=device, decode=decode, **chosen)
    for one, other in zip(ours, train_batches(photos, crop=RandomCropConfig(), **chosen), strict=True):
        assert_same_but_for_images(one, other)
        assert one.images.is_cuda
        # Colour is upsampled otherwise: far apart at sharp edges of colour, alike elsewhere.
        assert (one.images.cpu().to(torch.int16) - other.images).abs().float().mean() < 3


@needs_cuda
def test_nvjpeg_writes_into_no_memory_that_queued_work_still_reads(photos):
    pytest.importorskip("torchvision")
    chosen = options(photos, num_positions=320, batch_size=32, resolution=64)
    decode, device = DecodeConfig(on_device=True), torch.device("cuda")
    sums = []
    for batch in train_batches_on_device(photos, crop=RandomCropConfig(), device=device, decode=decode, **chosen):
        torch.cuda._sleep(50_000_000)
        sums.append(batch.images.double().sum())
        del batch
    again = train_batches_on_device(photos, crop=RandomCropConfig(), device=device, decode=decode, **chosen)
    expected = []
    for batch in again:
        expected.append(batch.images.double().sum().item())
        torch.cuda.synchronize()
    assert [total.item() for total in sums] == expected
