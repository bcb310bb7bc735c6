"""Images per second ready for a model: our pipeline beside timm's loader and torchvision's reference one.

    python benchmarks/loader_speed.py --data folder/of/photos --json

All three decode, crop at random, mirror, apply RandAugment (two operations, magnitude 10, torchvision 9, its default)
and normalise, from the same JPEG files, with the same workers, batch size and resolution. They take turns, each for
some seconds after a start that does not count, so that other load on the machine meets all. timm and torchvision
augment in the workers, we in the calling process, where PyTorch has one thread. Beside the rate by the clock stands the
one by processor time, of caller and workers together: on a machine with other work, it is the one to look at.

The photos stand in for a data set that fits the page cache: each is linked many times, so that no loader starts an
epoch anew all the time. ``shards`` are the same photos in tar files. ``over_timm`` is the median of our rates over
timm's of the same turn, ``over_timm_per_core_second`` the same by processor time.
"""

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from pathlib import Path
from statistics import median
from typing import NamedTuple

import simplejpeg
import timm
import torch
import torchvision
from record import describe_hardware, write_record
from timm.data import ImageDataset, create_loader
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import InterpolationMode, autoaugment, transforms

from rs_core.bench.loader_parts import measure_parts
from rs_core.data.augment import DeviceAugment
from rs_core.data.crop import RandomCropConfig
from rs_core.data.decode import DecodeConfig
from rs_core.data.folder import index_folder
from rs_core.data.index import SampleIndex, open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_any import build_index
from rs_core.data.index.write_shards import ShardConfig, write_shards
from rs_core.data.loader import train_batches
from rs_core.data.order import Order, Parts
from rs_core.data.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from rs_core.data.randaugment import RandAugmentConfig

OURS, SHARDS, SCALED = "ours, folder", "ours, shards", "ours, folder, scaled decoding"
PEERS = ("timm", "torchvision")
Batches = Iterator[torch.Tensor]


class Rate(NamedTuple):
    per_second: float
    per_core_second: float


def main() -> None:
    args = parse_arguments()
    warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder, shards = make_folder(args.data, args.images, Path(scratch)), make_shards(args.data, Path(scratch))
        rows = {}
        for resolution in args.resolution:
            sides = {
                OURS: lambda r=resolution: ours(index_folder(folder, "train"), r, args),
                SHARDS: lambda r=resolution: ours(shards, r, args),
                SCALED: lambda r=resolution: ours(index_folder(folder, "train"), r, args, scaled_decoding=True),
                "timm": lambda r=resolution: of_timm(folder / "train", r, args),
                "torchvision": lambda r=resolution: of_torchvision(folder / "train", r, args),
            }
            rates = rates_in_turns(sides, args)
            rows[str(resolution)] = summarize(rates) | {"parts": parts_of(shards, resolution, args)}
            print_rows(resolution, rows[str(resolution)])
    if args.json:
        versions = {module.__name__: module.__version__ for module in (timm, torchvision, simplejpeg)}
        hardware = describe_hardware(load_average=round(os.getloadavg()[0], 1), **versions)
        settings = {name: value for name, value in vars(args).items() if name not in ("data", "json")}
        print("written:", write_record(__file__, hardware, settings, rows))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder of JPEG photos per class")
    parser.add_argument("--resolution", type=int, nargs="+", default=[160, 224])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=10, help="of each turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--images", type=int, default=20_000, help="files in an epoch, links to the photos")
    parser.add_argument("--json", action="store_true", help="write a file beside this script, named after the hardware")
    return parser.parse_args()


def make_folder(data: Path, num_images: int, scratch: Path) -> Path:
    """Link the photos, each as often as it takes, below ``train/`` and their classes."""
    photos = sorted(path for path in data.resolve().rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    if not photos:
        raise SystemExit(f"{data}: no JPEG; give a folder of photos with --data")
    root = scratch / "folder"
    for number in range(num_images):
        photo = photos[number % len(photos)]
        link = root / "train" / photo.parent.name / f"{number:06}.jpg"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(photo)
    return root


def make_shards(data: Path, scratch: Path) -> SampleIndex:
    """Write the photos as tar shards and index them."""
    source = data.resolve()
    write_shards(index_folder(source.parent, source.name), scratch / "shards", ShardConfig(name="train"), 1)
    build_index([str(scratch / "shards/samples.csv")], scratch / "index", BuildConfig())
    return open_index(scratch / "index")


def ours(index: SampleIndex, resolution: int, args: argparse.Namespace, *, scaled_decoding: bool = False) -> Batches:
    augment = DeviceAugment(Preprocessing(resolution=resolution), randaugment=RandAugmentConfig(magnitude=10))
    generator = torch.Generator().manual_seed(0)
    batches = train_batches(
        index,
        order=Order(num_rows=len(index), seed=0),
        parts=Parts(first_position=0, num_batches=2**20, batch_size=args.batch_size),
        resolution=resolution,
        crop=RandomCropConfig(),
        num_workers=args.workers,
        decode=DecodeConfig(scaled_decoding=scaled_decoding),
    )
    for batch in batches:
        yield augment(batch.images, generator)


def of_timm(folder: Path, resolution: int, args: argparse.Namespace) -> Batches:
    loader = create_loader(
        ImageDataset(str(folder)),
        input_size=(3, resolution, resolution),
        batch_size=args.batch_size,
        is_training=True,
        use_prefetcher=False,  # it needs a GPU
        auto_augment="rand-m10-n2",
        interpolation="bicubic",
        num_workers=args.workers,
        pin_memory=False,
    )
    for images, _ in loader:
        yield images


def of_torchvision(folder: Path, resolution: int, args: argparse.Namespace) -> Batches:
    """Give the batches of torchvision's references/classification (presets.py, train.py; backend "pil")."""
    bilinear = InterpolationMode.BILINEAR
    transform = transforms.Compose(
        [
            transforms.RandomResizedCrop(resolution, interpolation=bilinear, antialias=True),
            transforms.RandomHorizontalFlip(0.5),
            autoaugment.RandAugment(interpolation=bilinear, magnitude=9),
            transforms.PILToTensor(),
            transforms.ConvertImageDtype(torch.float),
            transforms.Normalize(mean=IMAGENET_MEAN, std=IMAGENET_STD),
        ]
    )
    dataset = ImageFolder(str(folder), transform)
    for images, _ in DataLoader(dataset, args.batch_size, shuffle=True, num_workers=args.workers):
        yield images


def rates_in_turns(sides: dict[str, Callable[[], Batches]], args: argparse.Namespace) -> dict[str, list[Rate]]:
    rates: dict[str, list[Rate]] = {name: [] for name in sides}
    for _ in range(args.turns):
        for name, start in sides.items():
            rates[name].append(measure(start(), args))
    return rates


def measure(batches: Batches, args: argparse.Namespace) -> Rate:
    """Count images between two moments at which all workers are busy."""
    for _ in range(2 * args.workers + 1):  # what was made while the first batch was waited for
        next(batches)
    start, processor_start, num_images = time.monotonic(), processor_seconds(), 0
    while time.monotonic() - start < args.seconds:
        num_images += len(next(batches))
    return Rate(num_images / (time.monotonic() - start), num_images / (processor_seconds() - processor_start))


def processor_seconds() -> float:
    """Return the time that this process and its workers, which are alive, kept a core busy."""
    ticks = os.sysconf("SC_CLK_TCK")
    children = [Path(f"/proc/{process.pid}/stat").read_text().split() for process in active_children()]
    return time.process_time() + sum(int(fields[13]) + int(fields[14]) for fields in children) / ticks


def summarize(rates: dict[str, list[Rate]]) -> dict[str, dict[str, float]]:
    rows = {}
    for name, values in rates.items():
        rows[name] = {
            "images_per_second": round(median(value.per_second for value in values), 1),
            "images_per_core_second": round(median(value.per_core_second for value in values), 1),
        }
        for peer in PEERS:
            if name not in PEERS:
                pairs = list(zip(values, rates[peer], strict=True))
                rows[name] |= {
                    f"over_{peer}": round(median(one.per_second / other.per_second for one, other in pairs), 2),
                    f"over_{peer}_per_core_second": round(
                        median(one.per_core_second / other.per_core_second for one, other in pairs), 2
                    ),
                }
    return rows


def parts_of(index: SampleIndex, resolution: int, args: argparse.Namespace) -> dict[str, float]:
    augment = DeviceAugment(Preprocessing(resolution=resolution), randaugment=RandAugmentConfig(magnitude=10))
    parts = measure_parts(
        index, resolution=resolution, decode=DecodeConfig(), augment=augment, batch_size=args.batch_size
    )
    return {name: round(value, 1) for name, value in vars(parts).items()} | {
        "share_of_decoder": round(parts.share_of_decoder, 3)
    }


def print_rows(resolution: int, rows: dict[str, dict[str, float]]) -> None:
    for name, row in rows.items():
        print(f"{resolution} px  {name:30}", "  ".join(f"{key} {value:g}" for key, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
