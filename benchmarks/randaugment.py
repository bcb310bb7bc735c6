"""Time RandAugment over a batch against torchvision, image by image, on the CPU.

    python benchmarks/randaugment.py --data folder/of/photos

Without --data the images are generated. Both sides get the same contiguous uint8 tensors, as the loader delivers
them, and the same threads, and take turns, so that other load on the machine hits both. Where other work shares the
cores, set OMP_WAIT_POLICY=PASSIVE: otherwise threads burn time while they wait for each other. Prints a table and
writes benchmarks/randaugment_<cpu>.json, with the load of the machine.
"""

import argparse
import json
import os
import platform
import re
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torchvision
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.transforms import v2

from rs_core.data.randaugment import RandAugment, RandAugmentConfig

PEER = "torchvision"


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    images = load_photos(args.data, args.batch, args.side) if args.data else make_images(args.batch, args.side)
    seconds = time_in_turns(candidates(images), args.repeats)
    report = {
        "batch": args.batch,
        "side": args.side,
        "images": "photos" if args.data else "generated",
        "repeats": args.repeats,
        "hardware": {"cpu": cpu_model(), "cores": os.cpu_count(), "threads": args.threads},
        "load_average": round(os.getloadavg()[0], 1),
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
        "results": summarize(seconds),
    }
    path = args.output or Path(__file__).with_name(f"randaugment_{hardware_slug()}.json")
    path.write_text(json.dumps(report, indent=2) + "\n")
    print_table(report["results"])
    print(f"written: {path}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder searched for .jpg files; default: generated images")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--side", type=int, default=160, help="pixels")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--output", type=Path, help="default: beside this script, named after the CPU")
    return parser.parse_args()


def load_photos(folder: Path, num_images: int, side: int) -> Tensor:
    """Return uint8 [N, 3, side, side] of centre squares; photos repeat if there are fewer than N."""
    paths = sorted(folder.rglob("*.jpg"))[:num_images]
    if not paths:
        raise SystemExit(f"{folder}: no .jpg file; give a folder of photos with --data")
    photos = [np.array(ImageOps.fit(Image.open(path).convert("RGB"), (side, side))) for path in paths]
    return torch.stack([torch.from_numpy(photos[i % len(photos)]) for i in range(num_images)]).permute(0, 3, 1, 2)


def make_images(num_images: int, side: int) -> Tensor:
    """Return smooth uint8 [N, 3, side, side]."""
    coarse = torch.rand(num_images, 3, 10, 10, generator=torch.Generator().manual_seed(0)) * 255
    return torch.nn.functional.interpolate(coarse, size=side, mode="bicubic").clamp(0, 255).to(torch.uint8)


def candidates(images: Tensor) -> dict[str, Callable[[], object]]:
    batch = images.contiguous()
    faithful = RandAugment(RandAugmentConfig(mode="faithful"))
    pil = RandAugment(RandAugmentConfig(mode="pil"))
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    peer = v2.RandAugment(num_ops=2, magnitude=10)
    singles = list(batch)
    return {
        "rs-core faithful": lambda: faithful(batch, generator),
        "rs-core pil": lambda: pil(batch, generator),
        PEER: lambda: [peer(image) for image in singles],
    }


def time_in_turns(functions: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Return the wall seconds of each call; one round of warming up is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {name: values[1:] for name, values in seconds.items()}


def summarize(seconds: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "median_ms": round(median(values) * 1e3, 2),
            "fastest_ms": round(min(values) * 1e3, 2),
            "speedup_of_medians": round(median(seconds[PEER]) / median(values), 2),
            "speedup_of_fastest": round(min(seconds[PEER]) / min(values), 2),
        }
        for name, values in seconds.items()
    }


def print_table(results: dict[str, dict[str, float]]) -> None:
    print(f"{'':18}{'median ms':>12}{'fastest ms':>12}{'speed-up of medians':>22}{'of fastest':>12}")
    for name, row in results.items():
        print(
            f"{name:18}{row['median_ms']:12.1f}{row['fastest_ms']:12.1f}"
            f"{row['speedup_of_medians']:22.2f}{row['speedup_of_fastest']:12.2f}"
        )


def cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*:\s*(.+)", cpuinfo.read_text()) if cpuinfo.exists() else []
    return names[0] if names else platform.processor() or platform.machine()


def hardware_slug() -> str:
    words = re.sub(r"\((r|tm)\)|intel|amd|processor|cpu|@.*", " ", cpu_model().lower())
    return re.sub(r"[^a-z0-9]+", "-", f"{words} {os.cpu_count()} cores").strip("-")


if __name__ == "__main__":
    main()
