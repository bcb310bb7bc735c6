"""Select from predictions of 1, 10 and 130 million rows: time of each stage, memory and disk.

    python benchmarks/select_130m.py --folder /somewhere/with/30GB --json

The predictions are made up: classes as unequal as 1/rank, confidences near 1 more often than not, ten likeliest classes
a row, both hashes. They are of an index as ``index_130m.py`` makes it, so there are no pixels to look at. Each step
runs in a process of its own, whose memory is reported. ``duplicates`` looks for a labelled set of ImageNet's size among
them, by bytes and by perceptual hashes; ``use`` reads the selection as joint training does.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from index_130m import build, gigabytes, make_listing, status_megabytes

NUM_CLASSES = 1000
TOP_K = 10
RANGE_ROWS = 65_536
NUM_KNOWN = 1_281_167
MAX_HASH_DISTANCE = 3
BATCH, NUM_BATCHES = 256, 1000

Figures = dict[str, float]

if TYPE_CHECKING:
    from rs_semisup.predictions.write import LabelledRows


def main() -> None:
    args = parse_arguments()
    if args.step:
        print(json.dumps(STEPS[args.step](Path(args.folder), args.rows[0])))
        return
    results: dict[str, dict[str, Figures]] = {}
    for num_rows in args.rows:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            results[f"{num_rows:,}"] = steps = {}
            for step in STEPS:
                steps[step] = run_step(step, folder, num_rows)
                shown = "  ".join(f"{name} {value:,}" for name, value in steps[step].items())
                print(f"{num_rows:13,}  {step:10}  {shown}", flush=True)
    if args.json:
        # Imported late: it imports torch, whose memory is not the selection's.
        from record import describe_hardware, write_record  # noqa: PLC0415

        settings = {
            "rows": args.rows,
            "top_k": TOP_K,
            "known_images": NUM_KNOWN,
            "max_hash_distance": MAX_HASH_DISTANCE,
        }
        print("written:", write_record(__file__, describe_hardware(), settings, results))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000, 130_000_000])
    parser.add_argument("--folder", help="where the data go while it runs; default: the system's temporary folder")
    parser.add_argument("--json", action="store_true", help="write select_130m_<hardware>.json")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    return parser.parse_args()


def run_step(step: str, folder: str, num_rows: int) -> Figures:
    command = [sys.executable, __file__, "--step", step, "--folder", folder, "--rows", str(num_rows)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: Figures = json.loads(done.stdout)
    return result


def make(folder: Path, num_rows: int) -> Figures:
    """Make the index and the predictions; not a part of what is measured, so only their size counts."""
    from rs_core.data.index.fingerprint import fingerprint  # noqa: PLC0415
    from rs_core.data.index.store import read_description  # noqa: PLC0415
    from rs_core.data.preprocessing import Preprocessing  # noqa: PLC0415
    from rs_semisup.predictions.layout import Manifest  # noqa: PLC0415
    from rs_semisup.predictions.store import Predictions  # noqa: PLC0415
    from rs_semisup.predictions.write import write_range  # noqa: PLC0415

    make_listing(folder, num_rows)
    build(folder, num_rows)
    (folder / "listing.parquet").unlink()
    manifest = Manifest(
        index=fingerprint(read_description(folder / "index")),
        num_rows=num_rows,
        teacher="made up",
        teacher_fingerprint="0",
        class_names=tuple(f"class {number}" for number in range(NUM_CLASSES)),
        preprocessing=Preprocessing(resolution=224),
        top_k=TOP_K,
        range_rows=RANGE_ROWS,
        batch_size=256,
        precision="float32",
        perceptual_hash=True,
    )
    predictions = Predictions(folder / "predictions", manifest)
    predictions.directory.mkdir()
    (predictions.directory / "manifest.json").write_text(json.dumps(manifest.to_json()))
    for number in range(manifest.num_ranges):
        write_range(predictions, number, made_up(manifest.rows_of(number)))
    return {"index_GB": size_of(folder / "index"), "predictions_GB": size_of(predictions.directory)}


def made_up(rows: range) -> "LabelledRows":
    from rs_semisup.predictions.write import LabelledRows  # noqa: PLC0415

    rng = np.random.default_rng(rows.start)
    shares = np.cumsum(1 / np.arange(1, NUM_CLASSES + 1))
    classes = np.searchsorted(shares / shares[-1], rng.random(len(rows)))
    confidence = rng.beta(1, 0.5, len(rows)).astype(np.float32)
    strides = rng.choice([1, 3, 7, 9, 11, 13, 17, 19], (len(rows), 1))
    others = (1 - confidence)[:, None] * 2.0 ** -np.arange(1, TOP_K)
    return LabelledRows(
        classes=((classes[:, None] + strides * np.arange(TOP_K)) % NUM_CLASSES).astype(np.int32),
        probabilities=np.column_stack([confidence, others]).astype(np.float16),
        confidence=confidence,
        entropy=-np.log(np.maximum(confidence, 1e-6)),
        content_hashes=rng.integers(0, 2**64, len(rows), np.uint64),
        has_bytes=np.ones(len(rows), np.bool_),
        perceptual_hashes=rng.integers(0, 2**64, len(rows), np.uint64),
        unreadable={},
    )


def select_them(folder: Path, num_rows: int) -> Figures:
    """Select with the settings of Noisy Student, without other sets to compare with."""
    from rs_semisup.select import SelectConfig, select  # noqa: PLC0415

    seconds: Figures = {}

    @contextmanager
    def timed(stage: str) -> Iterator[Callable[[int, int, int], None]]:
        start = time.perf_counter()
        yield lambda _done, _total, _rows: None
        seconds[f"{stage.replace(' ', '_')}_s"] = round(time.perf_counter() - start, 1)

    start = time.perf_counter()
    report = select(
        SelectConfig(
            predictions=folder / "predictions",
            index=folder / "index",
            out=folder / "selected",
            # 130,000 of 130 million: copies bring the classes to as many rows as there are predictions.
            per_class=num_rows // NUM_CLASSES,
        ),
        timed,
    )
    total = time.perf_counter() - start
    return {
        "seconds": round(total, 1),
        **seconds,
        "peak_memory_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "images": report.num_images,
        "selected_rows": report.num_selected,
        "disk_GB": size_of(folder / "selected"),
        "million_rows_per_second": round(num_rows / total / 1e6, 2),
    }


def duplicates(folder: Path, _num_rows: int) -> Figures:
    """Look for the images of a set as large as ImageNet; one in a hundred of them is among the predictions."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    from rs_core.cores import num_cores  # noqa: PLC0415
    from rs_semisup.predictions.store import open_predictions  # noqa: PLC0415
    from rs_semisup.select.duplicates import find_duplicates  # noqa: PLC0415
    from rs_semisup.select.engine import open_engine  # noqa: PLC0415
    from rs_semisup.select.image_hashes import Hashes, KnownImages  # noqa: PLC0415

    predictions = open_predictions(folder / "predictions")
    rng = np.random.default_rng(1)

    def known(column: str) -> Hashes:
        others = rng.integers(0, 2**64, NUM_KNOWN, np.uint64)
        taken = pq.read_table(predictions.path(0), columns=[column])[column].to_numpy()[: NUM_KNOWN // 100]
        values = np.unique(np.concatenate([others[len(taken) :], taken]))
        return Hashes(values, np.zeros(len(values), np.int8))

    images = KnownImages(
        content=known("content_hash"), perceptual=known("perceptual_hash"), num_images=NUM_KNOWN, num_unreadable=0
    )
    figures: Figures = {}
    for name, max_distance in (("exact_s", -1), ("exact_and_near_s", MAX_HASH_DISTANCE)):
        with open_engine(predictions, num_threads=num_cores(), memory_limit="2GB") as engine:
            start = time.perf_counter()
            find_duplicates(engine, images, threshold=0.3, max_distance=max_distance)
            figures[name] = round(time.perf_counter() - start, 1)
            (num,) = engine.execute("SELECT count(*) FROM removed").fetchall()[0]
            figures[name.replace("_s", "_found")] = num
    return figures | {"peak_memory_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def use(folder: Path, _num_rows: int) -> Figures:
    """Read labels and soft labels of the rows of shuffled batches, as joint training does."""
    from rs_core.data.index import open_index  # noqa: PLC0415
    from rs_core.data.order import Order  # noqa: PLC0415

    start = time.perf_counter()
    index = open_index(folder / "selected")
    opened = time.perf_counter() - start
    order = Order(num_rows=len(index), seed=0)
    columns = (index.labels, index.columns["pseudo_classes"], index.columns["pseudo_probabilities"])
    batches = [order.rows_at(np.arange(i * BATCH, (i + 1) * BATCH)) for i in range(NUM_BATCHES)]
    start = time.perf_counter()
    for rows in batches:
        for column in columns:
            column[rows]
    return {
        "open_ms": round(opened * 1e3, 1),
        "look_up_microseconds_per_row": round((time.perf_counter() - start) / (NUM_BATCHES * BATCH) * 1e6, 2),
        "resident_MB": status_megabytes("VmRSS"),
        "of_that_not_shared_MB": status_megabytes("RssAnon"),
    }


def size_of(folder: Path) -> float:
    return gigabytes(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))


STEPS = {"make": make, "select": select_them, "duplicates": duplicates, "use": use}


if __name__ == "__main__":
    main()
