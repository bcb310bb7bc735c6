"""How fast batches come out of the input pipeline, ready for a model."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import torch

from rs_core.bench.loader_parts import LoaderParts, measure_parts
from rs_core.cores import num_cores
from rs_core.data.augment import DeviceAugment
from rs_core.data.crop import RandomCropConfig
from rs_core.data.decode import DecodeConfig
from rs_core.data.index import SampleIndex
from rs_core.data.jpeg import decoder_in_use
from rs_core.data.loader import train_batches
from rs_core.data.order import Order, Parts
from rs_core.data.preprocessing import Preprocessing
from rs_core.data.randaugment import RandAugmentConfig
from rs_core.errors import UserError

ENDLESS = 2**30


@dataclass(frozen=True, kw_only=True)
class LoaderSpeed:
    """What ``measure_loader`` found.

    Args:
        images_per_second: ready for the model: decoded, cropped, mirrored, RandAugment, normalised.
        cropped_per_second: as the workers deliver them, without the part that runs on the device.
        num_cores: that this process may use.
        num_workers: decoding processes.
        decoder: of JPEG.
        parts: where the time goes.
    """

    images_per_second: float
    cropped_per_second: float
    num_cores: int
    num_workers: int
    decoder: str
    parts: LoaderParts

    @property
    def images_per_second_per_core(self) -> float:
        """Images ready for the model over the cores that workers and caller can keep busy."""
        return self.images_per_second / min(self.num_cores, self.num_workers + 1)

    def as_dict(self) -> dict[str, Any]:
        """Return all figures, those that follow from others too."""
        return {
            **asdict(self),
            "images_per_second_per_core": self.images_per_second_per_core,
            "share_of_decoder": self.parts.share_of_decoder,
        }


def measure_loader(
    index: SampleIndex,
    *,
    resolution: int,
    num_workers: int,
    batch_size: int = 128,
    seconds: float = 5.0,
    decode: DecodeConfig = DecodeConfig(),  # noqa: B008  (frozen)
    randaugment: RandAugmentConfig = RandAugmentConfig(),  # noqa: B008  (frozen)
) -> LoaderSpeed:
    """Run the pipeline of training over a data set, on the CPU, and time its parts.

    Two runs of ``seconds`` each, one with and one without augmentation, after a start that does not count.

    Raises:
        UserError: the data set has no images that can be read, or no longer fits its index.
    """
    if not seconds > 0:
        raise UserError(f"seconds={seconds}: give a time above 0")
    augment = DeviceAugment(Preprocessing(resolution=resolution), randaugment=randaugment)
    stream = _Stream(index, resolution, num_workers, batch_size, decode)
    return LoaderSpeed(
        images_per_second=stream.rate(augment, seconds),
        cropped_per_second=stream.rate(None, seconds),
        num_cores=num_cores(),
        num_workers=num_workers,
        decoder=decoder_in_use(),
        parts=measure_parts(index, resolution=resolution, decode=decode, augment=augment, batch_size=batch_size),
    )


@dataclass(frozen=True)
class _Stream:
    index: SampleIndex
    resolution: int
    num_workers: int
    batch_size: int
    decode: DecodeConfig

    def rate(self, augment: DeviceAugment | None, seconds: float) -> float:
        """Return images per second between two moments at which all workers are busy."""
        batches = train_batches(
            self.index,
            order=Order(num_rows=len(self.index), seed=0),
            parts=Parts(first_position=0, num_batches=ENDLESS, batch_size=self.batch_size),
            resolution=self.resolution,
            crop=RandomCropConfig(),
            num_workers=self.num_workers,
            decode=self.decode,
        )
        generator = torch.Generator().manual_seed(0)
        num_images, start = 0, 0.0
        # What was made while the first batch was waited for must not count: two batches of each worker.
        for number, batch in enumerate(batches, start=-2 * self.num_workers - 1):
            if augment is not None:
                augment(batch.images, generator)
            if number < 0:
                start = time.monotonic()
                continue
            num_images += len(batch.rows)
            if time.monotonic() - start >= seconds:
                break
        return num_images / (time.monotonic() - start)
