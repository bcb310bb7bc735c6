"""Images per second that ``rs-semisup label`` labels, beside the bare forward pass of the same teacher.

    python benchmarks/label_speed.py --data folder/of/photos --json

Both sides take turns in one process on the same device, with the same weights, batch size, precision and threads. The
bare pass gets one batch of photos again and again: nothing is read, decoded, moved, ranked or written. Labelling does
all of it, from JPEG files to Parquet files that are flushed to the disk; it is timed from its first batch on, so that
loading the teacher and starting the decoding processes do not count, to the moment when all files are there.

On a machine without an accelerator the device has to be carved out of the cores. ``apart``: one core is the device, and
the decoding process has the other, as accelerators have cores that feed them. ``shared``: all cores are the device, and
decoding takes its time from them; ``most_possible`` is the ratio if labelling were the bare pass plus decoding and
nothing else, by the processor time of decoding alone.

``over_bare_beside_loading`` is the rate of labelling over that of the bare pass while the same loader decodes as many
photos beside it, whose batches are thrown away: two virtual cores are often two threads of one, and slow each other.

``by_processor_time`` is the same ratio by the time that the calling process computed, without those that decode: on a
machine with other work, it is the one to look at.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import timm
import torch
from record import describe_hardware, write_record

from rs_core import create_model
from rs_core.cores import num_cores
from rs_core.data.imagenet_classes import imagenet_class_names
from rs_core.data.index import SampleIndex, open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_any import build_index
from rs_core.data.preprocessing import Preprocessing, normalize
from rs_core.train.precision import Machine, resolve_machine
from rs_core.weights.release import Origin, PretrainedModel, save_model
from rs_semisup.label import LabelConfig, label
from rs_semisup.label.batches import LabelBatch, label_batches
from rs_semisup.teacher import Teacher, load_teacher


class Rate(NamedTuple):
    """Images a second by the clock, and a second that the calling process computed."""

    per_second: float
    per_core_second: float


def main() -> None:
    args = parse_arguments()
    machine = resolve_machine(args.device, args.precision)
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        index = make_index(args.data, args.images, Path(scratch))
        for name, checkpoint in make_teachers(Path(scratch)).items():
            teacher = load_teacher(name, checkpoint)
            decoding = decoding_seconds(open_index(index), teacher.preprocessing, args)
            for setting, threads in settings(machine).items():
                if args.only not in f"{Path(name).stem} {setting}":
                    continue
                torch.set_num_threads(threads)
                how = LabelConfig(**config(args, index, name, checkpoint))
                row = measure(teacher, first_photos(open_index(index), teacher, args), how, machine, args)
                if machine.device.type == "cpu":
                    row["most_possible"] = most_possible(row["bare_per_second"], decoding, setting)
                row |= {"threads": threads, "decoding_ms": round(1000 * decoding, 2)}
                rows[f"{Path(name).stem} {setting}"] = row
                print(f"{Path(name).stem} {setting:8}", *(f"{key} {value:g}" for key, value in row.items()), flush=True)
    if args.json:
        gpu = {"gpu": torch.cuda.get_device_name()} if machine.device.type == "cuda" else {}
        load = round(os.getloadavg()[0], 1)
        torch.set_num_threads(num_cores())
        hardware = describe_hardware(load_average=load, timm=timm.__version__, **gpu)
        kept = {key: value for key, value in vars(args).items() if key not in ("data", "json")}
        print("written:", write_record(__file__, hardware, kept | {"arithmetic": str(machine)}, rows))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with JPEG photos")
    parser.add_argument("--images", type=int, default=2_048, help="that are labelled in each turn, links to the photos")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--workers", type=int, default=-1, help="decoding processes (default: as labelling chooses)")
    parser.add_argument("--only", default="", help="measure the rows whose name contains this")
    parser.add_argument("--json", action="store_true", help="write a file beside this script, named after the hardware")
    return parser.parse_args()


def make_index(data: Path, num_images: int, scratch: Path) -> Path:
    """Index links to the photos, each as often as it takes."""
    photos = sorted(path for path in data.resolve().rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    if not photos:
        raise SystemExit(f"{data}: no JPEG; give a folder of photos with --data")
    (scratch / "photos/all").mkdir(parents=True)
    for number in range(num_images):
        (scratch / f"photos/all/{number:06}.jpg").symlink_to(photos[number % len(photos)])
    build_index([str(scratch / "photos")], scratch / "index", BuildConfig(with_labels=False))
    return scratch / "index"


def make_teachers(scratch: Path) -> dict[str, str]:
    """Write teachers with random weights: ResNet-RS-50 at 160, and a ResNet-18 of timm at 288 px."""
    ours = PretrainedModel(
        model=create_model("resnet_rs_50").eval(),
        preprocessing=Preprocessing(resolution=160),
        class_names=imagenet_class_names(),
        origin=Origin(),
    )
    save_model(ours, scratch / "resnet_rs_50.safetensors")
    torch.save(timm.create_model("resnet18").state_dict(), scratch / "resnet18.pth")
    return {str(scratch / "resnet_rs_50.safetensors"): "", "timm:resnet18": str(scratch / "resnet18.pth")}


def settings(machine: Machine) -> dict[str, int]:
    """Give the ways to share the cores, with the threads of the device in each."""
    return {"device": num_cores()} if machine.device.type == "cuda" else {"apart": 1, "shared": num_cores()}


def config(args: argparse.Namespace, index: Path, teacher: str, checkpoint: str) -> dict[str, Any]:
    return {
        "teacher": teacher,
        "teacher_checkpoint": checkpoint,
        "index": str(index),
        "out": str(index.parent / "predictions"),
        "batch_size": args.batch_size,
        "range_rows": 8 * args.batch_size,
        "num_workers": args.workers,
        "device": args.device,
        "precision": args.precision,
    }


def measure(
    teacher: Teacher, photos: torch.Tensor, how: LabelConfig, machine: Machine, args: argparse.Namespace
) -> dict[str, float]:
    """Let both sides take turns; each lasts about as long as the other."""
    bare, beside, labelled = [], [], []
    pixels = photos.to(machine.device)
    bare_rate(teacher, machine, pixels, 2)
    for _ in range(args.turns):
        bare.append(bare_rate(teacher, machine, pixels, max(2, args.images // args.batch_size)))
        beside.append(beside_loading_rate(teacher, machine, pixels, how))
        labelled.append(label_rate(how))
    pairs = list(zip(labelled, bare, strict=True))
    loaded = zip(labelled, beside, strict=True)
    return {
        "labelled_over_bare": round(median(one.per_second / other.per_second for one, other in pairs), 3),
        "over_bare_beside_loading": round(median(one.per_second / other.per_second for one, other in loaded), 3),
        "by_processor_time": round(median(one.per_core_second / other.per_core_second for one, other in pairs), 3),
        "labelled_per_second": round(median(rate.per_second for rate in labelled), 2),
        "bare_per_second": round(median(rate.per_second for rate in bare), 2),
    }


@torch.inference_mode()
def bare_rate(teacher: Teacher, machine: Machine, pixels: torch.Tensor, num_batches: int) -> Rate:
    """Return images per second of the network alone, on pixels that are on the device."""
    model = teacher.model.to(machine.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    start, processor_start = time.monotonic(), time.process_time()
    with machine.autocast():
        for _ in range(num_batches):
            model(pixels)
    if machine.device.type == "cuda":
        torch.cuda.synchronize()
    num_images = num_batches * len(pixels)
    return Rate(num_images / (time.monotonic() - start), num_images / (time.process_time() - processor_start))


@torch.inference_mode()
def beside_loading_rate(teacher: Teacher, machine: Machine, pixels: torch.Tensor, how: LabelConfig) -> Rate:
    """Return images per second of the network on the same pixels, a batch for each that the loader brings."""
    index = open_index(Path(how.index))
    batches = label_batches(
        index,
        order=range(len(index) // how.batch_size),
        preprocessing=teacher.preprocessing,
        batch_size=how.batch_size,
        with_perceptual_hash=False,
        num_workers=how.num_workers if how.num_workers >= 0 else 1,
        pin_memory=machine.device.type == "cuda",
    )
    next(batches)  # the decoding processes have started
    start, processor_start, num_images = time.monotonic(), time.process_time(), 0
    with machine.autocast():
        for _ in batches:
            teacher.model(pixels)
            num_images += len(pixels)
    if machine.device.type == "cuda":
        torch.cuda.synchronize()
    return Rate(num_images / (time.monotonic() - start), num_images / (time.process_time() - processor_start))


def label_rate(how: LabelConfig) -> Rate:
    """Return images per second of labelling, from the first batch to the last file."""
    shutil.rmtree(how.out, ignore_errors=True)
    moments: list[tuple[float, float, int]] = []
    label(how, lambda _predictions, num_rows: moments.append((time.monotonic(), time.process_time(), num_rows)))
    (start, processor_start, _), *later = moments
    num_images = sum(num_rows for *_, num_rows in later)
    return Rate(num_images / (time.monotonic() - start), num_images / (time.process_time() - processor_start))


def first_photos(index: SampleIndex, teacher: Teacher, args: argparse.Namespace) -> torch.Tensor:
    """Return a batch as the network gets it."""
    images = next(few_batches(index, teacher.preprocessing, args)).images
    return normalize(images, teacher.preprocessing.mean, teacher.preprocessing.std)


def few_batches(index: SampleIndex, preprocessing: Preprocessing, args: argparse.Namespace) -> Iterator[LabelBatch]:
    """Give the first batches, made by the calling process."""
    return label_batches(
        index,
        order=range(min(8, len(index) // args.batch_size)),
        preprocessing=preprocessing,
        batch_size=args.batch_size,
        with_perceptual_hash=False,
        num_workers=0,
        pin_memory=False,
    )


def decoding_seconds(index: SampleIndex, preprocessing: Preprocessing, args: argparse.Namespace) -> float:
    """Return the processor time from file to pixels of an image, of one core."""
    batches = few_batches(index, preprocessing, args)
    next(batches)
    start = time.process_time()
    num_images = sum(len(batch.rows) for batch in batches)
    return (time.process_time() - start) / num_images


def most_possible(bare_per_second: float, decoding: float, setting: str) -> float:
    """Return the ratio that decoding alone leaves, all cores kept busy; or 1 where it has a core that keeps up."""
    if setting == "apart":
        return round(min(1.0, 1 / (decoding * bare_per_second)), 3)
    seconds = 1 / bare_per_second
    return round(seconds / (seconds + decoding / num_cores()), 3)


if __name__ == "__main__":
    main()
