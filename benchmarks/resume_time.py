"""Time from nothing to the first batch of training, where a run starts and where it goes on in the middle of epoch 50.

    python benchmarks/resume_time.py --folder /somewhere/with/5GB          # 130 million rows; two or three minutes
    python benchmarks/resume_time.py --rows 3000000 --json                 # writes resume_time_<hardware>.json

The index has 130 million rows in 13,000 tar shards. These are one file of 10,000 JPEGs of 500 x 375 pixels under as
many names, so its bytes are in memory, and what is measured is no disk. Each figure is the median of processes of their
own, which open the index and enter the stream at a step; imports are done before. Processor time is that of the caller
and of its busiest worker until the first batch is there: the figure to look at where other work shares the cores. There
is no peer: the figures are to be held against the promise, which is under a second at any step. Most of it is decoding.
"""

import argparse
import io
import json
import multiprocessing
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image
from record import describe_hardware, write_record

from rs_core.data.crop import RandomCropConfig
from rs_core.data.index import open_index
from rs_core.data.index.building import building
from rs_core.data.index.file_table import NO_CRC
from rs_core.data.index.labels import LabelCollector
from rs_core.data.index.storage import file_state
from rs_core.data.index.tar_scan import scan_shard
from rs_core.data.index.writer import IndexWriter
from rs_core.data.loader import train_batches
from rs_core.data.order import Order, Parts

SAMPLES_PER_SHARD, NUM_DIFFERENT, NUM_CLASSES = 10_000, 50, 1000
BATCH_SIZE, RESOLUTION, EPOCH = 256, 160, 50
PLACES = {"start": 0.0, f"middle of epoch {EPOCH}": EPOCH - 0.5, f"end of epoch {EPOCH}": float(EPOCH)}
WORKERS = (0, 2)


def main() -> None:
    args = parse_arguments()
    if args.enter is not None:
        print(json.dumps(enter(Path(args.folder), args.enter, args.workers)))
        return
    rows = []
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        write_index(Path(folder), args.rows)
        print(f"{'step':22}{'workers':>8}{'open ms':>9}{'first batch ms':>16}{'processor ms':>14}{'next ms':>9}")
        for num_workers in WORKERS:
            for place, epochs in PLACES.items():
                step = int(epochs * args.rows // BATCH_SIZE) - (epochs == EPOCH)
                figures = repeat(folder, step, num_workers, args.repeats)
                rows.append({"place": place, "step": step, "workers": num_workers, **figures})
                print(f"{place:22}{num_workers:8}{figures['open_ms']:9.1f}{figures['first_batch_ms']:16.1f}"
                      f"{figures['processor_ms']:14.1f}{figures['next_batch_ms']:9.1f}", flush=True)  # fmt: skip
    if args.json:
        settings = {"rows": args.rows, "batch_size": BATCH_SIZE, "resolution": RESOLUTION, "repeats": args.repeats}
        print("written:", write_record(__file__, describe_hardware(), settings, rows))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=130_000_000)
    parser.add_argument("--folder", help="where the data go while it runs; default: the system's temporary folder")
    parser.add_argument("--repeats", type=int, default=5, help="processes for each figure")
    parser.add_argument("--json", action="store_true", help="write resume_time_<hardware>.json")
    parser.add_argument("--enter", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def write_index(folder: Path, num_rows: int) -> None:
    """Write one shard, give it many names, and write the index of all of them."""
    first = folder / "train-00000.tar"
    write_shard(first)
    scanned = scan_shard(str(first))
    with building(folder / "index"):
        labels = LabelCollector(tuple(map(str, range(NUM_CLASSES))))
        writer = IndexWriter(folder / "index", "shards", str(folder), labels)
        ids = labels.ids(list(range(NUM_CLASSES)), str)
        for shard, done in enumerate(range(0, num_rows, SAMPLES_PER_SHARD)):
            path = folder / f"train-{shard:05}.tar"
            if shard:
                os.link(first, path)
            writer.add_files([path.name.encode()], [file_state(str(path))], [NO_CRC])
            num = min(SAMPLES_PER_SHARD, num_rows - done)
            of_rows = ids[np.arange(num) % NUM_CLASSES]
            writer.add_rows(np.full(num, shard), scanned.offsets[:num], scanned.lengths[:num], of_rows)
        writer.finish()


def write_shard(path: Path) -> None:
    rng = np.random.default_rng(0)
    images = []
    for _ in range(NUM_DIFFERENT):
        coarse = Image.fromarray(rng.integers(0, 256, (60, 80, 3), np.uint8))
        stream = io.BytesIO()
        coarse.resize((500, 375), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=90)
        images.append(stream.getvalue())
    with tarfile.open(path, "w") as archive:
        for number in range(SAMPLES_PER_SHARD):
            info = tarfile.TarInfo(f"{number:05}.jpg")
            info.size = len(images[number % NUM_DIFFERENT])
            archive.addfile(info, io.BytesIO(images[number % NUM_DIFFERENT]))


def repeat(folder: str, step: int, num_workers: int, repeats: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--folder", folder, "--enter", str(step), "--workers", str(num_workers)]
    results = [
        json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        for _ in range(repeats)
    ]
    return {name: round(median(result[name] for result in results), 1) for name in results[0]}


def enter(folder: Path, step: int, num_workers: int) -> dict[str, float]:
    """Open the index and take the batches of two steps."""
    start, used = time.perf_counter(), time.process_time()
    index = open_index(folder / "index")
    opened = time.perf_counter()
    batches = train_batches(
        index,
        order=Order(num_rows=len(index), seed=0),
        parts=Parts(first_position=step * BATCH_SIZE, num_batches=10**6, batch_size=BATCH_SIZE),
        resolution=RESOLUTION,
        crop=RandomCropConfig(),
        num_workers=num_workers,
    )
    next(batches)
    first, used = time.perf_counter(), time.process_time() - used
    used += max((seconds_used(child.pid) for child in multiprocessing.active_children()), default=0.0)
    next(batches)
    second = time.perf_counter()
    times = {
        "open_ms": opened - start,
        "first_batch_ms": first - start,
        "processor_ms": used,
        "next_batch_ms": second - first,
    }
    return {name: 1e3 * seconds for name, seconds in times.items()}


def seconds_used(pid: int | None) -> float:
    """Give the processor time of a running process, as Linux counts it in the 14th and 15th field of its state."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
