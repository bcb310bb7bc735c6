"""What would make the slowest part of a run on video faster."""

from rs_core.bench.bottleneck import Rates

LARGE_SIDE = 1.5


def advise(rates: Rates, *, short_side: int, resolution: int, on_cpu: bool, decode_share: float) -> str:
    """Say what would make the slowest part of a run faster, in one line.

    Args:
        rates: of its parts, in clips a second.
        short_side: of a typical video, in pixels.
        resolution: of the clips.
        on_cpu: whether the device is the processor itself.
        decode_share: of the processor's time for a clip, in [0, 1].

    >>> rates = Rates(storage=500, storage_mb=500, cpu_core=12, num_cores=8, num_workers=2, device=40)
    >>> advise(rates, short_side=256, resolution=224, on_cpu=False, decode_share=0.8)
    'use 4 workers (--data.num_workers 4)'
    """
    if rates.limit == "device":
        if on_cpu:
            return "train on a GPU; more workers would only take cores from the model"
        return "nothing in the data; bfloat16, run.compile=on or fewer frames make the step faster"
    if rates.limit == "storage":
        return "write the videos smaller (rs-video reencode --short_side 256), or copy them to a local disk"
    wanted = -(-int(rates.device) // max(1, int(rates.cpu_core)))
    if rates.num_busy < min(wanted, rates.num_cores):
        workers = min(wanted, rates.num_cores)
        return f"use {workers} workers (--data.num_workers {workers})"
    if short_side > LARGE_SIDE * resolution or decode_share > 1 / 2:
        side = 256 if resolution <= 256 else resolution
        return f"write videos that are cheap to cut: rs-video reencode --short_side {side} --keyframe_interval 12"
    return f"use a machine with more cores: {wanted} would keep up with the device"
