"""Which part of a training run is the slowest, and what makes it faster."""

import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from rs_core.data.index import SampleIndex

Limit = Literal["storage", "cpu", "device"]

# Below it two parts are called equal: a measurement of seconds is no better.
MARGIN = 1.1
LARGE_SIDE = 2.5


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Images per second of each part of a training run, on its own.

    Args:
        storage: read by one process, rows in random order.
        storage_mb: the same in megabytes.
        cpu_core: decoded, cropped and resized by one core.
        num_cores: of this machine that the process may use.
        num_workers: decoding processes.
        device: of the training step.
    """

    storage: float
    storage_mb: float
    cpu_core: float
    num_cores: int
    num_workers: int
    device: float

    @property
    def cpu(self) -> float:
        """Images per second that the workers decode together."""
        return self.cpu_core * self.num_busy

    @property
    def num_busy(self) -> int:
        """Cores that decode; without workers it is the caller's."""
        return max(1, min(self.num_workers, self.num_cores))

    @property
    def limit(self) -> Limit:
        """The slowest part; of equal ones the device, which is the part to be kept busy."""
        rates: dict[Limit, float] = {"device": self.device / MARGIN, "cpu": self.cpu, "storage": self.storage}
        return min(rates, key=lambda name: rates[name])

    def as_dict(self) -> dict[str, Any]:
        """Return all figures, those that follow from others too."""
        return {**asdict(self), "cpu": self.cpu, "limit": self.limit}


def advise(rates: Rates, *, short_side: int, resolution: int, scaled_decoding: bool, on_cpu: bool) -> str:
    """Say what would make the slowest part of a run faster, in one line.

    Args:
        rates: of its parts.
        short_side: of a typical image, in pixels.
        resolution: of the model's input.
        scaled_decoding: whether it is on already.
        on_cpu: whether the device is the processor itself.

    >>> rates = Rates(storage=9000, storage_mb=900, cpu_core=800, num_cores=8, num_workers=2, device=3000)
    >>> advise(rates, short_side=375, resolution=160, scaled_decoding=False, on_cpu=False)
    'use 4 workers (--data.num_workers 4)'
    """
    if rates.limit == "device":
        if on_cpu:
            return "train on a GPU; more workers would only take cores from the model"
        return "nothing in the data; a smaller resolution, bfloat16 and run.compile=on make the step faster"
    if rates.limit == "storage":
        return (
            "write tar shards (rs-core shard, then rs-core index) and set --data.run_length 64 or more, so that one "
            "read brings many images; or copy the data to a local disk"
        )
    wanted = -(-int(rates.device) // max(1, int(rates.cpu_core)))
    if rates.num_busy < min(wanted, rates.num_cores):
        workers = min(wanted, rates.num_cores)
        return f"use {workers} workers (--data.num_workers {workers})"
    if short_side > LARGE_SIDE * resolution:
        shrink = f"write the images smaller (rs-core shard --short_side {2 * resolution})"
        return shrink if scaled_decoding else f"{shrink}, or set --data.decode.scaled_decoding true"
    return f"use a machine with more cores: {wanted} would keep up with the device"


def measure_storage(index: SampleIndex, *, batch_size: int, seconds: float) -> tuple[float, float]:
    """Return images and megabytes per second of reading rows in random order, as a worker does.

    Each row is read once at most, so a data set in the page cache reads as fast as memory only if it was there before.
    """
    rows = np.random.default_rng(0).permutation(len(index))
    start, num_images, num_bytes = time.monotonic(), 0, 0
    for first in range(0, len(rows), batch_size):
        contents = index.read_rows(rows[first : first + batch_size])
        num_images += len(contents)
        num_bytes += sum(len(content) for content in contents if isinstance(content, bytes))
        if time.monotonic() - start > seconds:
            break
    elapsed = time.monotonic() - start
    return num_images / elapsed, num_bytes / elapsed / 1e6
