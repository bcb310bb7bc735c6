"""Clips per second ready for a model: our pipeline beside pytorchvideo's data set in its documented set-up.

    python benchmarks/video_loader_speed.py --data folder/of/videos --json

Clips are 32 frames of 224 px, two frames apart, at a random place and cropped at random, mirrored and normalised, with
the same workers and batch size. pytorchvideo reads with PyAV and transforms as its tutorial on training does: its
``LabeledVideoDataset`` with a random clip sampler of 64 frames' length, ``UniformTemporalSubsample``, division by 255,
``Normalize``, ``RandomShortSideScale(256, 320)``, ``RandomCrop(224)``, ``RandomHorizontalFlip``, in a ``DataLoader``.
``ours, cropped`` are batches as the workers deliver them, without what runs on the training device. ``bare decoder``
opens a video and reads such frames with our reader and does nothing else, in as many processes.

Three sets of videos: those of the folder as they are, and ten seconds of each at 340x256 and 30 frames a second in
H.264, as copies of Kinetics have it, with key frames 250 frames apart (x264's default) and 12 apart
(``rs-video reencode --keyframe_interval 12``). Each is linked many times, so that no loader starts an epoch anew all
the time. All take turns, each for some seconds after a start that does not count.
"""

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing import active_children
from pathlib import Path
from statistics import median

import av
import numpy as np
import torch
import torchvision
from pytorchvideo.data import LabeledVideoDataset, make_clip_sampler
from record import describe_hardware, write_record
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose, Lambda, RandomCrop, RandomHorizontalFlip

from rs_core.data.crop import RandomCropConfig
from rs_core.data.index import SampleIndex
from rs_core.data.order import Order, Parts
from rs_core.data.preprocessing import Preprocessing
from rs_core.data.worker_processes import make_in_workers
from rs_core.errors import UserError
from rs_video.clips import ClipConfig, random_clip
from rs_video.data.clips import ClipBatch, ClipInput, train_clips
from rs_video.decode import decoder_in_use, open_video
from rs_video.index import build_video_index, open_video_index, video_source
from rs_video.train.pixels import augment

OURS, CROPPED, BARE, PEER = "ours", "ours, cropped", "bare decoder", "pytorchvideo"
SUFFIXES = (".mp4", ".mkv", ".mov", ".avi", ".webm")
CLIP = ClipConfig(num_frames=32, frame_stride=2)
SIDE = 224
SECONDS, RATE = 10, 30
ENDLESS = 2**20


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        rows = {}
        for name, folder in make_sets(args.data, Path(scratch)).items():
            rates = rates_in_turns(link_often(folder, Path(scratch) / f"{name} linked"), args)
            rows[name] = summarize(rates)
            print(f"{name}: " + "  ".join(f"{side} {value:.3g}" for side, value in rows[name].items()), flush=True)
    if args.json:
        versions = {"av": av.__version__, "torchvision": torchvision.__version__}
        hardware = describe_hardware(load_average=round(os.getloadavg()[0], 1), **versions)
        settings = {name: value for name, value in vars(args).items() if name not in ("data", "json")}
        settings["decoder"] = decoder_in_use()
        print("written:", write_record(__file__, hardware, settings, rows))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with videos, anywhere below it")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=15, help="of each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="write a file beside this script, named after the hardware")
    return parser.parse_args()


def make_sets(data: Path, scratch: Path) -> dict[str, Path]:
    """Give a folder of videos for each set, all in one class."""
    found = sorted(path for path in data.resolve().rglob("*") if path.suffix in SUFFIXES and long_enough(path))
    if not found:
        raise SystemExit(f"{data}: no video of two seconds or more; give a folder of videos with --data")
    sets = {name: scratch / name for name in ("as they are", "340x256, key frames 250 apart", "340x256, 12 apart")}
    for folder in sets.values():
        (folder / "class").mkdir(parents=True)
    as_they_are, rare, often = sets.values()
    for number, path in enumerate(found):
        (as_they_are / "class" / f"{number}{path.suffix}").symlink_to(path)
        encode(path, rare / "class" / f"{number}.mp4", 250)
        encode(path, often / "class" / f"{number}.mp4", 12)
    return sets


def long_enough(path: Path) -> bool:
    try:
        with open_video(path, lambda: str(path)) as video:
            return len(video.frame_times) >= (CLIP.num_frames - 1) * CLIP.frame_stride
    except UserError:
        return False


def encode(source: Path, target: Path, keyframe_interval: int) -> None:
    """Write ten seconds of a video as copies of Kinetics have it, again and again if it is shorter."""
    with open_video(source, lambda: str(source)) as video:
        num_frames = min(len(video.frame_times), SECONDS * RATE)
        pictures = video.read(np.arange(num_frames))
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"g": str(keyframe_interval)})
        stream.width, stream.height, stream.pix_fmt = 340, 256, "yuv420p"
        for number in range(SECONDS * RATE):
            frame = av.VideoFrame.from_ndarray(pictures[number % num_frames], format="rgb24")
            container.mux(stream.encode(frame.reformat(340, 256, "yuv420p")))
        container.mux(stream.encode(None))


def link_often(folder: Path, linked: Path) -> Path:
    """Link the videos of a folder many times over."""
    (linked / "class").mkdir(parents=True)
    videos = sorted((folder / "class").iterdir())
    for number in range(2000):
        video = videos[number % len(videos)]
        (linked / "class" / f"{number:05}{video.suffix}").symlink_to(video.resolve())
    return linked


def rates_in_turns(folder: Path, args: argparse.Namespace) -> dict[str, list[float]]:
    """Measure all sides, turn about."""
    index_folder = folder.with_name(f"{folder.name} index")
    build_video_index(folder, index_folder)
    index = open_video_index(index_folder)
    sides: dict[str, Callable[[], Iterator[int]]] = {
        OURS: lambda: ours(index, args),
        CROPPED: lambda: cropped(index, args),
        BARE: lambda: bare(index, args),
        PEER: lambda: of_pytorchvideo(folder, args),
    }
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(args.turns):
        for name, start in sides.items():
            rates[name].append(rate(start(), args))
            for process in active_children():
                process.kill()
    return rates


def rate(counts: Iterator[int], args: argparse.Namespace) -> float:
    """Give clips per second between two moments at which all workers are busy."""
    num_clips, start = 0, 0.0
    for number, count in enumerate(counts, start=-2 * args.workers - 1):
        if number < 0:
            start = time.monotonic()
            continue
        num_clips += count
        if time.monotonic() - start >= args.seconds:
            break
    return num_clips / (time.monotonic() - start)


def cropped(index: SampleIndex, args: argparse.Namespace) -> Iterator[int]:
    for batch in clips_of(index, args):
        yield len(batch.rows)


def ours(index: SampleIndex, args: argparse.Namespace) -> Iterator[int]:
    preprocessing = Preprocessing(resolution=SIDE, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    generator = torch.Generator().manual_seed(0)
    for batch in clips_of(index, args):
        yield len(augment(batch.clips, 0.5, preprocessing, generator))


def clips_of(index: SampleIndex, args: argparse.Namespace) -> Iterator[ClipBatch]:
    crop = RandomCropConfig(area=(0.08, 1.0), aspect=(0.5, 2.0), num_attempts=100)
    return train_clips(
        index,
        order=Order(num_rows=len(index), seed=0),
        parts=Parts(first_position=0, num_batches=ENDLESS, batch_size=args.batch_size),
        clip_input=ClipInput(clip=CLIP, resolution=SIDE, crop=crop),
        num_workers=args.workers,
    )


@dataclass(frozen=True)
class Frames(Dataset[int]):
    """Batches of clips that are decoded and thrown away."""

    index: SampleIndex
    batch_size: int

    def __len__(self) -> int:
        return ENDLESS

    def __getitem__(self, batch: int) -> int:
        rng = np.random.default_rng(batch)
        for row in rng.integers(len(self.index), size=self.batch_size).tolist():
            with open_video(video_source(self.index, row), partial(self.index.name, row)) as video:
                video.read(random_clip(video.frame_times, CLIP, rng))
        return self.batch_size


def bare(index: SampleIndex, args: argparse.Namespace) -> Iterator[int]:
    return make_in_workers(Frames(index, args.batch_size), num_workers=args.workers)


def of_pytorchvideo(folder: Path, args: argparse.Namespace) -> Iterator[int]:
    # What pytorchvideo's transforms import is gone from torchvision; this is where it went.
    sys.modules["torchvision.transforms.functional_tensor"] = torchvision.transforms._functional_tensor
    theirs = import_module("pytorchvideo.transforms")
    transform = Compose(
        [
            theirs.UniformTemporalSubsample(CLIP.num_frames),
            Lambda(lambda clip: clip / 255.0),
            theirs.Normalize((0.45, 0.45, 0.45), (0.225, 0.225, 0.225)),
            theirs.RandomShortSideScale(min_size=256, max_size=320),
            RandomCrop(SIDE),
            RandomHorizontalFlip(p=0.5),
        ]
    )
    dataset = LabeledVideoDataset(
        [(str(path), {"label": 0}) for path in sorted((folder / "class").iterdir())],
        make_clip_sampler("random", CLIP.num_frames * CLIP.frame_stride / RATE),
        transform=theirs.ApplyTransformToKey(key="video", transform=transform),
        decode_audio=False,
        decoder="pyav",
    )
    for batch in DataLoader(dataset, batch_size=args.batch_size, num_workers=args.workers):
        yield len(batch["video"])


def summarize(rates: dict[str, list[float]]) -> dict[str, float]:
    """Give the median rates, and of each turn's ratios the median."""
    figures = {name: round(median(values), 2) for name, values in rates.items()}
    for side, peer, name in ((OURS, PEER, "over_pytorchvideo"), (CROPPED, BARE, "cropped_over_bare_decoder")):
        ratios = [own / other for own, other in zip(rates[side], rates[peer], strict=True)]
        figures[name] = round(median(ratios), 3)
    return figures


if __name__ == "__main__":
    main()
