"""JPEGs decoded, cropped and resized on the training device, by nvJPEG through torchvision.

Crops and filter are those of the workers, the arithmetic is not. With torchvision's decoder for CPUs, whose pixels are
the workers', 84 % of the values on crops of 70 photos to 160 px are the same, and the others 1 grey level off but for 3
in 10,000, which are up to 11 off: the filter runs in float32, and what overshoots is clipped once, not after rows and
after columns. nvJPEG adds what its transform and its upsampling of colour do otherwise, which differs between devices.
"""

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from types import ModuleType

import torch
from PIL import Image
from torch import Tensor

from rs_core.data.crop import RandomCropConfig
from rs_core.data.decode import DecodeConfig
from rs_core.data.decode_crop import decode_crop_into
from rs_core.data.encoded_batches import EncodedBatch, encoded_batches
from rs_core.data.index import SampleIndex
from rs_core.data.jpeg import decoder_in_use, simplejpeg
from rs_core.data.loader import Batch, columns_of, train_batches
from rs_core.data.order import Order
from rs_core.data.prefetch import on_side_stream, prefetch_to_device
from rs_core.data.resize import resize_float_into
from rs_core.data.skips import Skip
from rs_core.data.training_images import TrainingImages
from rs_core.errors import UserError
from rs_core.extras import missing_extra

SETTING = "data.decode.on_device"

# A photo of 12 megapixels takes 36 MB; so many of them, 2.3 GB.
DECODED_AT_ONCE = 64

DecodeJpegs = Callable[[list[Tensor]], list[Tensor]]
"""From files, uint8 [bytes] on the CPU, to RGB pixels, uint8 [3, height, width] on the device; all or RuntimeError."""


def train_batches_on_device(
    index: SampleIndex,
    *,
    order: Order,
    parts: Sequence[range],
    resolution: int,
    crop: RandomCropConfig,
    num_workers: int,
    device: torch.device,
    decode: DecodeConfig = DecodeConfig(),  # noqa: B008  (frozen)
    columns: tuple[str, ...] = (),
) -> Iterator[Batch]:
    """Yield the batches of ``train_batches`` with their images on the device; on CUDA made one ahead of the caller.

    With ``decode.on_device``, CUDA devices decode. Any other device gets what workers decode; ``decoder_in_words`` says
    so.

    Raises:
        UserError: nothing here can decode on the device; or as ``train_batches`` does.
    """
    is_cuda = device.type == "cuda"
    if not decodes_on(device, decode):
        batches = train_batches(
            index,
            order=order,
            parts=parts,
            resolution=resolution,
            crop=crop,
            num_workers=num_workers,
            pin_memory=is_cuda,
            decode=decode,
            columns=columns,
        )
        return prefetch_to_device(batches, device)
    images = TrainingImages(index=index, seed=order.seed, crop=crop)
    decoder = DeviceDecoder(images, jpeg_decoder(device), resolution, device, decode)
    encoded = encoded_batches(
        images,
        order=order,
        parts=parts,
        resolution=resolution,
        num_workers=num_workers,
        pin_memory=is_cuda,
        decode=decode,
        columns=columns,
    )
    return on_side_stream(encoded, decoder, device)


def decodes_on(device: torch.device, decode: DecodeConfig) -> bool:
    """Tell whether training decodes on this device."""
    return decode.on_device and device.type == "cuda"


def decoder_in_words(device: torch.device, decode: DecodeConfig) -> str:
    """Say what decodes JPEG in training on this device, for announcements and records.

    >>> decoder_in_words(torch.device("cpu"), DecodeConfig(on_device=True)).partition("; ")[2]
    'data.decode.on_device takes effect on CUDA devices alone'
    """
    if decodes_on(device, decode):
        return f"nvJPEG, of torchvision {_import('torchvision').__version__}"
    return f"{decoder_in_use()}; {SETTING} takes effect on CUDA devices alone" if decode.on_device else decoder_in_use()


def jpeg_decoder(device: torch.device) -> DecodeJpegs:
    """Give torchvision's decoder for a device, after it has decoded an image there.

    Raises:
        UserError: torchvision is missing or has no nvJPEG, or simplejpeg, which reads headers, is missing.
    """
    if simplejpeg is None:
        raise UserError(f"{SETTING} needs simplejpeg, which is not installed: pip install 'rs-core[train]'")
    decode_jpeg = _import("torchvision.io").decode_jpeg

    def decode(files: list[Tensor]) -> list[Tensor]:
        if device.type == "cuda":
            # The decoding engine does not wait for work that is queued, as it should, before it writes into memory that
            # this work may still read (pytorch/vision#9606). Only the side stream is waited for, not training.
            torch.cuda.current_stream(device).synchronize()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torchcodec is to take over
            decoded: list[Tensor] = decode_jpeg(files, mode="RGB", device=device)
        return decoded

    try:
        decode([_any_jpeg()])
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{SETTING}: torchvision cannot decode on {device} ({reason}); leave it out") from error
    return decode


def _import(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise missing_extra(error, SETTING) from None


class DeviceDecoder:
    """Turns an ``EncodedBatch`` into a ``Batch`` with its images on a device.

    What the device refuses is decoded in this process as a worker would, and if that cannot read it either, it is left
    out, reported and replaced as a worker would. Damage that a decoder passes over goes unnoticed, here as there.

    Args:
        images: crops and stand-ins, the same that made the batches.
        decode_jpegs: of the device.
        resolution: side of the images.
        device: where they go.
        decode: how workers decode.
    """

    def __init__(
        self,
        images: TrainingImages,
        decode_jpegs: DecodeJpegs,
        resolution: int,
        device: torch.device,
        decode: DecodeConfig,
    ) -> None:
        self.images, self.decode_jpegs, self.resolution, self.device = images, decode_jpegs, resolution, device
        self.decode = decode

    def __call__(self, batch: EncodedBatch) -> Batch:
        """Decode, crop and resize; ``images`` is uint8 [N, 3, resolution, resolution] on the device."""
        files = _files(batch)
        encoded = [place for place, file in enumerate(files) if len(file)]
        made = [place for place, file in enumerate(files) if not len(file)]
        rows, labels, skipped, columns = batch.rows, batch.labels, list(batch.skipped), batch.columns
        resized = torch.zeros(len(files), 3, self.resolution, self.resolution, device=self.device)
        others = list(zip(made, batch.images, strict=True))
        for start in range(0, len(encoded), DECODED_AT_ONCE):
            places = encoded[start : start + DECODED_AT_ONCE]
            for place, pixels in zip(places, self._decode_all([files[place] for place in places]), strict=True):
                if pixels is not None:
                    y, x, h, w = batch.boxes[place].tolist()
                    resize_float_into(pixels[:, y : y + h, x : x + w], resized[place])
                    continue
                row, image = self._as_worker(batch, place, files[place], skipped)
                others.append((place, image))
                if row != rows[place]:
                    rows, labels = rows.clone(), labels.clone()
                    rows[place], labels[place] = row, int(self.images.index.labels[row])
                    columns = columns_of(self.images.index, tuple(columns), rows.numpy())
        images = resized.round_().clamp_(0, 255).to(torch.uint8)
        for place, image in others:
            images[place].copy_(image, non_blocking=True)
        return Batch(images, labels, rows, tuple(skipped), columns)

    def _decode_all(self, files: list[Tensor]) -> Sequence[Tensor | None]:
        """Return the pixels of each file, None for those that the device refuses."""
        try:
            return self.decode_jpegs(files)
        except RuntimeError:  # of one of them, and nothing says which
            return [self._decode_or_none(file) for file in files]

    def _decode_or_none(self, file: Tensor) -> Tensor | None:
        try:
            (pixels,) = self.decode_jpegs([file])
        except RuntimeError:
            return None
        return pixels

    def _as_worker(self, batch: EncodedBatch, place: int, file: Tensor, skipped: list[Skip]) -> tuple[int, Tensor]:
        """Return row and image of a place, made from its file, or from another's if it is unreadable."""
        image = torch.empty(3, self.resolution, self.resolution, dtype=torch.uint8)
        row, _, _ = self.images.use(
            int(batch.positions[place]),
            int(batch.rows[place]),
            file.numpy().tobytes(),
            lambda data, choose_box, name: decode_crop_into(image, self.decode, data, choose_box, name),
            skipped,
            attempt=int(batch.attempts[place]),
        )
        return row, image


def _files(batch: EncodedBatch) -> list[Tensor]:
    ends = batch.ends.tolist()
    return [batch.data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _any_jpeg() -> Tensor:
    stream = io.BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "JPEG")
    return torch.frombuffer(bytearray(stream.getvalue()), dtype=torch.uint8)
