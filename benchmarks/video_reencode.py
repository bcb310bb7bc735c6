"""What a short key-frame interval gains for random clips, and what it costs in bytes.

    python benchmarks/video_reencode.py --data folder/of/videos --json

Every video of the folder, and one that is made up, is brought to at least ten seconds by playing it over again, then
written by ``rs_video.reencode`` with a key frame every 250 frames, as x264 does by itself, and every 12. Clips of 32
frames with stride 2 from random places are read from both and from the video as it was: opened, sought, decoded to RGB,
by PyAV in one thread. All three take turns at each place, and processor time counts, so that other work on the machine
does little harm.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from record import describe_hardware, write_record

from rs_video.decode import open_video
from rs_video.index.walk import videos_below
from rs_video.reencode import ReencodeConfig
from rs_video.reencode.video import reencode_video

INTERVALS = (250, 12)
CLIP_FRAMES, STRIDE = 32, 2
SECONDS = 10
MADE_UP = "made_up_340x256"


def main() -> None:
    args = parse_arguments()
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, source in long_videos(args.data, Path(folder)):
            files = {"before": source}
            for interval in INTERVALS:
                files[f"every_{interval}"] = Path(folder) / f"every_{interval}.mp4"
                config = ReencodeConfig(keyframe_interval=interval, short_side=args.short_side)
                reencode_video(source, files[f"every_{interval}"], config)
            rows[name] = measure(files, args.clips)
            print(f"{name:32}", "  ".join(f"{key} {value}" for key, value in rows[name].items()), flush=True)
    ratios = {key: [row[key] for row in rows.values()] for key in ("gain", "size_cost")}
    medians = {key: round(float(np.median(values)), 2) for key, values in ratios.items()}
    print(f"medians of {len(rows)} videos: {medians['gain']}x cheaper clips for {medians['size_cost']}x the bytes")
    if args.json:
        settings = {"clips": args.clips, "frames": CLIP_FRAMES, "stride": STRIDE, "short_side": args.short_side}
        hardware = describe_hardware(av=av.__version__)
        print("written:", write_record(__file__, hardware, settings, {"medians": medians, "videos": rows}))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="folders of videos")
    parser.add_argument("--clips", type=int, default=40, help="of each file")
    parser.add_argument("--short_side", type=int, default=256)
    parser.add_argument("--json", action="store_true", help="write video_reencode_<hardware>.json")
    return parser.parse_args()


def long_videos(folders: list[Path], work: Path) -> Iterator[tuple[str, Path]]:
    """Yield names and files of at least ``SECONDS``; those that were shorter are written over again at high quality."""
    target = work / f"{MADE_UP}.mp4"
    write(target, made_up_frames(), 30)
    yield MADE_UP, target
    for folder in folders:
        for file in videos_below(folder):
            with open_video(folder / file, partial(str, file), "pyav") as reader:
                times = reader.frame_times
                if len(times) < 10:
                    continue
                if times[-1] > SECONDS - 1:
                    yield Path(file).stem, folder / file
                    continue
                rate = round((len(times) - 1) / times[-1])
                frames = reader.read(np.arange(len(times)))
            numbers = np.resize(np.concatenate([np.arange(len(times)), np.arange(len(times))[::-1]]), SECONDS * rate)
            target = work / f"{Path(file).stem}_long.mp4"
            write(target, (frames[number] for number in numbers), rate)
            yield f"{Path(file).stem} (looped)", target


def made_up_frames() -> Iterator[NDArray[np.uint8]]:
    """Pan over smooth noise while a bright square crosses it."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (40, 80, 3)).astype(np.float32)
    wide = np.kron(coarse, np.ones((16, 16, 1), np.float32))
    for number in range(SECONDS * 30):
        top = abs(number - 200)
        frame = wide[top : top + 256, number : number + 340].copy()
        frame[40:90, number : number + 40] = 240
        yield np.clip(frame + rng.normal(0, 3, frame.shape), 0, 255).astype(np.uint8)


def write(path: Path, frames: Iterator[NDArray[np.uint8]], rate: int) -> None:
    """Write frames as x264 does by default."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "18"})
        stream.pix_fmt = "yuv420p"
        for number, frame in enumerate(frames):
            height, width = frame.shape[0] // 2 * 2, frame.shape[1] // 2 * 2
            if number == 0:
                stream.height, stream.width = height, width
            picture = np.ascontiguousarray(frame[:height, :width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def measure(files: dict[str, Path], num_clips: int) -> dict[str, float]:
    """Give milliseconds a clip of each file, how much cheaper the short interval is, and its share of bytes."""
    rng = np.random.default_rng(0)
    spent: dict[str, list[float]] = {key: [] for key in files}
    for _ in range(num_clips):
        place = rng.random()
        for key, path in files.items():
            spent[key].append(clip_seconds(path, place))
    row = {f"{key}_ms": round(1e3 * float(np.mean(values)), 1) for key, values in spent.items()}
    long, short = (f"every_{interval}" for interval in INTERVALS)
    row["gain"] = round(sum(spent[long]) / sum(spent[short]), 2)
    row["gain_over_before"] = round(sum(spent["before"]) / sum(spent[short]), 2)
    row["size_cost"] = round(files[short].stat().st_size / files[long].stat().st_size, 2)
    row["bytes_of_before"] = round(files[short].stat().st_size / files["before"].stat().st_size, 2)
    return row


def clip_seconds(path: Path, place: float) -> float:
    """Give the processor time for one clip that starts at a share of where it can."""
    start = time.process_time()
    with open_video(path, lambda: str(path), "pyav") as reader:
        span = (CLIP_FRAMES - 1) * STRIDE + 1
        first = int(place * (len(reader.frame_times) - span))
        reader.read(first + STRIDE * np.arange(CLIP_FRAMES))
    return time.process_time() - start


if __name__ == "__main__":
    main()
