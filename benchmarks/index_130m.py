"""Build, open and use a sample index of 130 million rows: time, disk and memory of each step.

    python benchmarks/index_130m.py --folder /somewhere/with/8GB --json

The rows are those of 13,000 tar shards with 10,000 images each. The shards are files of the right size without content
(sparse), so what is measured is the index and not the disk that would hold 3 TB of images; their listing is made up, in
Parquet. Each step runs in a process of its own, whose memory is reported. Needs pyarrow (rs-core[data]).
"""

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS_PER_SHARD = 10_000
NUM_CLASSES = 1000
BATCH = 256
NUM_BATCHES = 400


def main() -> None:
    args = parse_arguments()
    if args.step:
        print(json.dumps(STEPS[args.step](Path(args.folder), args.rows)))
        return
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        rows = {}
        for step in STEPS:
            rows[step] = run_step(step, folder, args.rows)
            print(f"{step:12}", "  ".join(f"{name} {value:,}" for name, value in rows[step].items()), flush=True)
    if args.json:
        # Imported late: it imports torch, whose memory is not the index's.
        from record import describe_hardware, write_record  # noqa: PLC0415

        print("written:", write_record(__file__, describe_hardware(), {"rows": args.rows}, rows))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=130_000_000)
    parser.add_argument("--folder", help="where the data go while it runs; default: the system's temporary folder")
    parser.add_argument("--json", action="store_true", help="write index_130m_<hardware>.json")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    return parser.parse_args()


def run_step(step: str, folder: str, num_rows: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--step", step, "--folder", folder, "--rows", str(num_rows)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def make_listing(folder: Path, num_rows: int) -> dict[str, float]:
    """Write sparse shards and the listing; not a part of the kit, so only its size counts."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    rng = np.random.default_rng(0)
    writer = None
    for shard, first in enumerate(range(0, num_rows, ROWS_PER_SHARD)):
        num = min(ROWS_PER_SHARD, num_rows - first)
        lengths = rng.integers(4_000, 40_000, num)
        # A header in front of each image; its label, a header and a block, after it.
        ends = np.cumsum(1536 + -(-lengths // 512) * 512)
        name = f"train-{shard:05}.tar"
        with (folder / name).open("wb") as file:
            file.truncate(int(ends[-1]) + 10_240)
        starts = np.append(0, ends[:-1]) + 512
        labels = rng.integers(0, NUM_CLASSES, num)
        table = pa.table({
            "shard": pa.DictionaryArray.from_arrays(np.zeros(num, np.int32), [name]),
            "offset": starts, "length": lengths, "label": labels,
        })  # fmt: skip
        writer = writer or pq.ParquetWriter(folder / "listing.parquet", table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()
    return {"listing_GB": gigabytes((folder / "listing.parquet").stat().st_size), "shards": shard + 1}


def build(folder: Path, num_rows: int) -> dict[str, float]:
    """Build the index from the listing."""
    from rs_core.data.index.build import BuildConfig  # noqa: PLC0415
    from rs_core.data.index.build_list import index_lists  # noqa: PLC0415

    start = time.perf_counter()
    index_lists([str(folder / "listing.parquet")], folder / "index", BuildConfig())
    seconds = time.perf_counter() - start
    size = sum(path.stat().st_size for path in (folder / "index").rglob("*") if path.is_file())
    return {
        "seconds": round(seconds, 1),
        "million_rows_per_second": round(num_rows / seconds / 1e6, 2),
        "disk_GB": gigabytes(size),
        "bytes_per_row": round(size / num_rows, 1),
        "peak_memory_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def open_it(folder: Path, num_rows: int) -> dict[str, float]:
    """Open the index in a fresh process, as a trainer or a spawned worker does."""
    from rs_core.data.index import open_index  # noqa: PLC0415

    before = resident_megabytes()
    start = time.perf_counter()
    index = open_index(folder / "index")
    seconds = time.perf_counter() - start
    after = resident_megabytes()
    if len(index) != num_rows:
        raise SystemExit(f"{len(index)} rows instead of {num_rows}")
    return {
        "milliseconds": round(seconds * 1e3, 1),
        "resident_MB": after,
        "of_that_by_opening_MB": round(after - before, 1),
        "bytes_sent_to_a_spawned_worker": len(pickle.dumps(index)),
    }


def use(folder: Path, num_rows: int) -> dict[str, float]:
    """Look up and read the rows of shuffled batches, as training does."""
    from rs_core.data.index import open_index  # noqa: PLC0415
    from rs_core.data.order import Order  # noqa: PLC0415

    index = open_index(folder / "index")
    order = Order(num_rows=num_rows, seed=0)
    batches = [order.rows_at(np.arange(i * BATCH, (i + 1) * BATCH)) for i in range(NUM_BATCHES)]
    columns = (index.labels, index.source.file, index.source.offset, index.source.length)
    start = time.perf_counter()
    for rows in batches:
        for column in columns:
            column[rows]
    look_up = per_row(start)
    start = time.perf_counter()
    for rows in batches:
        index.read_rows(rows)
    return {
        "look_up_microseconds_per_row": look_up,
        # With opening the shard and comparing its state for most of them.
        "read_microseconds_per_row": per_row(start),
        "resident_MB": resident_megabytes(),
        "of_that_not_shared_MB": status_megabytes("RssAnon"),
    }


def per_row(start: float) -> float:
    return round((time.perf_counter() - start) / (NUM_BATCHES * BATCH) * 1e6, 2)


def resident_megabytes() -> float:
    return status_megabytes("VmRSS")


def status_megabytes(name: str) -> float:
    lines = Path(f"/proc/{os.getpid()}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024, 1)


def gigabytes(num_bytes: int) -> float:
    return round(num_bytes / 1e9, 2)


STEPS = {"make_listing": make_listing, "build": build, "open": open_it, "use": use}


if __name__ == "__main__":
    main()
