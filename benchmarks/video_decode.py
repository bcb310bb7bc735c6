"""Clips a second from video files: our four decoders, and the plain use of each library.

    python benchmarks/video_decode.py --videos a.mp4 b.mp4 --json

A clip is opening a file that is in memory, reading 32 frames with stride 2 from a random start, and closing. All take
turns on the same clips, on one thread; the time is that of the processor, which other work on the machine does not
stretch. Without ``--videos`` only generated ones are read: ten seconds of moving noise and shapes at 340x256 and 30
frames a second, H.264 with groups of 250 and of 12 pictures. "plain" is the shortest program that gives the same frames
with the library itself, without our checks: for PyAV, decoding from the last key frame before the start.

``memory`` opens a small file 2,000 times with each decoder, each in a process of its own, and reads two frames.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import av
import decord
import numpy as np
import torch
import torchcodec
from numpy.typing import NDArray
from record import describe_hardware, write_record
from torchcodec.decoders import VideoDecoder

from rs_video.decode import available_decoders, open_video

SPAN = 63
CLIP = np.arange(0, 64, 2)
Read = Callable[[bytes, int], NDArray[np.uint8]]

OPEN_MANY = """
import os, sys
from pathlib import Path
import numpy as np
from rs_video.decode import open_video
path, decoder, num_opens = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(1, num_opens + 1):
    with open_video(path, lambda: "video", decoder) as reader:
        reader.read(np.array([3, 20]))
    if number in (num_opens // 10, num_opens):
        print(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20)
"""


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(1)
    decord.logging.set_level(decord.logging.QUIET)
    videos = {f"generated, groups of {gop}": generate(gop) for gop in (250, 12)}
    videos |= {path.name: path.read_bytes() for path in args.videos}
    rows = {name: measure(data, args) for name, data in videos.items()}
    for name, row in rows.items():
        for side, values in row.items():
            print(f"{name:28} {side:20}", "  ".join(f"{key} {value:g}" for key, value in values.items()), flush=True)
    memory = {decoder: memory_of(decoder, args.opens) for decoder in available_decoders()}
    print("resident MB:", memory)
    if args.json:
        versions = {module.__name__: module.__version__ for module in (av, decord, torchcodec)}
        hardware = describe_hardware(load_average=round(os.getloadavg()[0], 1), **versions)
        settings = {"clips": args.clips, "opens": args.opens}
        print("written:", write_record(__file__, hardware, settings, {"speed": rows, "memory": memory}))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, nargs="*", default=[], help="files of more than 64 frames")
    parser.add_argument("--clips", type=int, default=40, help="of each video")
    parser.add_argument("--opens", type=int, default=2000, help="for the growth of memory")
    parser.add_argument("--json", action="store_true", help="write a file beside this script, named after the hardware")
    return parser.parse_args()


def generate(gop: int, height: int = 256, width: int = 340, num_frames: int = 300) -> bytes:
    """Encode ten seconds of a blurred noise that drifts, with squares that move over it."""
    file, rng = io.BytesIO(), np.random.default_rng(0)
    coarse = rng.integers(0, 255, (height // 4, width // 4, 3)).astype(np.uint8)
    background = np.kron(coarse, np.ones((4, 4, 1), np.uint8))
    with av.open(file, "w", format="mp4") as container:
        options = {"crf": "28", "x264-params": f"keyint={gop}:threads=1"}
        stream = container.add_stream("libx264", rate=30, options=options)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for number in range(num_frames):
            picture = np.roll(background, (number, 2 * number), (0, 1))
            for square in range(6):
                y, x = (40 * square + 3 * number) % (height - 40), (50 * square + 5 * number) % (width - 40)
                picture[y : y + 40, x : x + 40] = (40 * square, 255 - 40 * square, number % 256)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return file.getvalue()


def measure(data: bytes, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Read the same clips every way, and give each way's median beside PyAV's with our reader."""
    with open_video(data, lambda: "video") as reader:
        starts = np.random.default_rng(0).integers(0, len(reader.frame_times) - SPAN, args.clips)
    ways: dict[str, Read] = {name: ours(name) for name, problem in available_decoders().items() if not problem}
    ways |= {"plain PyAV": plain_pyav, "plain torchcodec": plain_torchcodec, "plain decord": plain_decord}
    milliseconds: dict[str, list[float]] = {name: [] for name in ways}
    for start in starts.tolist():
        truth = ways["pyav"](data, start)
        for name, read in ways.items():
            before = time.process_time()
            frames = read(data, start)
            milliseconds[name].append(1000 * (time.process_time() - before))
            if not np.array_equal(frames, truth):
                raise SystemExit(f"{name} gives other frames from {start} on")
    return {
        name: {
            "ms_per_clip": round(median(values), 1),
            "times_pyav": round(median(x / y for x, y in zip(values, milliseconds["pyav"], strict=True)), 2),
        }
        for name, values in milliseconds.items()
    }


def ours(decoder: str) -> Read:
    def read(data: bytes, start: int) -> NDArray[np.uint8]:
        with open_video(data, lambda: "video", decoder) as reader:
            return reader.read(start + CLIP)

    return read


def plain_pyav(data: bytes, start: int) -> NDArray[np.uint8]:
    """Seek by the constant rate that the files here have, and convert what is wanted."""
    frames = []
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        ticks = round(1 / (stream.average_rate * stream.time_base))
        container.seek(start * ticks, stream=stream)
        for frame in container.decode(stream):
            number = round(frame.pts / ticks)
            if number >= start and (number - start) % 2 == 0:
                frames.append(frame.to_ndarray(format="rgb24"))
            if number >= start + CLIP[-1]:
                break
    return np.stack(frames)


def plain_torchcodec(data: bytes, start: int) -> NDArray[np.uint8]:
    decoder = VideoDecoder(data, dimension_order="NHWC", num_ffmpeg_threads=1)
    return decoder.get_frames_at((start + CLIP).tolist()).data.numpy()


def plain_decord(data: bytes, start: int) -> NDArray[np.uint8]:
    return decord.VideoReader(io.BytesIO(data), num_threads=1).get_batch(start + CLIP).asnumpy()


def memory_of(decoder: str, num_opens: int) -> dict[str, float]:
    """Return what a process holds after a tenth of the videos and after all."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.mp4"
        path.write_bytes(generate(12, 96, 128, 30))
        command = [sys.executable, "-c", OPEN_MANY, str(path), decoder, str(num_opens)]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return {f"after_{num_opens // 10}": round(float(lines[0]), 1), f"after_{num_opens}": round(float(lines[1]), 1)}


if __name__ == "__main__":
    main()
