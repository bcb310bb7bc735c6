"""Time per GFLOP of R3D-RS-50 here and of pytorchvideo's R3D-50, side by side in one run.

    python benchmarks/video_model_speed.py --quick     # 16 frames, few repeats: minutes on two cores
    python benchmarks/video_model_speed.py --json      # 16 and 32 frames; writes video_model_speed_<hardware>.json
    python benchmarks/video_model_speed.py --device cuda --batch-size 16 --image-size 224 --compiled --json

A row is one pair: ours is R3D-RS-50, or R3D-50 as baseline; theirs is ``create_resnet`` with its defaults, or with the
stem of our R3D-50, which makes the two networks the same. Both sides get the same clips, are warmed up, and then take
turns (A B, B A, ...), so that whatever else the machine does meets both. The ratio is their median time per GFLOP of
the forward pass over ours: above 1, ours is faster. On a CPU there is also the ratio of processor time, which other
work on the same cores disturbs less.
"""

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from pytorchvideo.models.resnet import create_resnet
from record import describe_hardware, write_record
from torch import Tensor, nn

from rs_core import create_model
from rs_core.bench import count_flops
from rs_core.train.precision import has_native_bfloat16

Task = Literal["training", "inference"]
Step = Callable[[], None]

PYTORCHVIDEO = "0.1.5"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How one side of a pair runs."""

    task: Task
    dtype: torch.dtype = torch.float32
    channels_last: bool = True
    compiled: bool = False

    def __str__(self) -> str:
        dtype = str(self.dtype).removeprefix("torch.")
        layout = "channels_last_3d" if self.channels_last else "contiguous"
        return f"{dtype} {layout} {'compiled' if self.compiled else 'eager'}"


@dataclass(frozen=True, kw_only=True)
class Side:
    """A network and how it runs."""

    name: str
    build: Callable[[], nn.Module]
    setting: Setting


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One row before it is measured."""

    name: str
    ours: Side
    theirs: Side
    num_frames: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured row. GFLOPs are of the forward pass of a clip, times per clip and GFLOP of the median step."""

    name: str
    num_frames: int
    ours_gflops: float
    theirs_gflops: float
    ours_ms_per_gflop: float
    theirs_ms_per_gflop: float
    ratio: float
    ratio_of_fastest: float
    ratio_of_processor_time: float | None


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds of one step, by the clock and of all threads together."""

    seconds: float
    processor_seconds: float


def main() -> None:
    """Measure the rows, print each as it is done, and write them if asked."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    rows = []
    for pair in pairs(args):
        if args.only not in pair.name:
            continue
        row = measure(pair, args)
        print(describe(row), flush=True)
        rows.append(row)
    if args.json:
        on_cuda = args.device == "cuda"
        hardware = describe_hardware(
            gpu=torch.cuda.get_device_name() if on_cuda else None,
            fast_bfloat16=has_native_bfloat16(torch.device(args.device)),
            pytorchvideo=PYTORCHVIDEO,
        )
        path = write_record(__file__, hardware, vars(args), [dataclasses.asdict(row) for row in rows])
        print(f"wrote {path}")


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--image-size", type=int, default=112, help="height and width in pixels")
    parser.add_argument("--frames", type=int, nargs="+", help="frames of a clip; 16 and 32, or 16 with --quick")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, help="timed steps a side; 9, or 3 with --quick")
    parser.add_argument("--only", default="", help="run the rows whose name contains this")
    parser.add_argument("--bfloat16", action="store_true", help="bfloat16 rows even if the device has no such hardware")
    parser.add_argument("--compiled", action="store_true", help="compiled rows too")
    parser.add_argument("--quick", action="store_true", help="16 frames, few repeats")
    parser.add_argument("--json", action="store_true", help="write benchmarks/video_model_speed_<hardware>.json")
    args = parser.parse_args()
    args.frames = args.frames or ([16] if args.quick else [16, 32])
    args.repeats = args.repeats or (3 if args.quick else 9)
    return args


def pairs(args: argparse.Namespace) -> Iterator[Pair]:
    """Pair the networks in every setting, both sides in the same, and then as their users run them."""
    both_dtypes = args.bfloat16 or has_native_bfloat16(torch.device(args.device))
    dtypes = (torch.float32, torch.bfloat16) if both_dtypes else (torch.float32,)
    tasks: tuple[Task, ...] = ("training", "inference")
    for num_frames in args.frames:
        peer = partial(pytorchvideo_r3d_50, num_frames, args.image_size)
        same_peer = partial(pytorchvideo_r3d_50_with_our_stem, num_frames, args.image_size)
        for task in tasks:
            for dtype in dtypes:
                for compiled in (False, True) if args.compiled else (False,):
                    for channels_last in (False, True):
                        setting = Setting(task=task, dtype=dtype, channels_last=channels_last, compiled=compiled)
                        yield pair("r3d_rs_50", peer, setting, setting, num_frames)
                    yield pair("r3d_50", same_peer, setting, setting, num_frames, "create_resnet with our stem")
                    # What rs-video does without being asked, beside what pytorchvideo's tutorials do.
                    theirs = dataclasses.replace(setting, channels_last=False)
                    yield pair("r3d_rs_50", peer, setting, theirs, num_frames)


def pair(
    name: str,
    build_theirs: Callable[[], nn.Module],
    ours: Setting,
    theirs: Setting,
    num_frames: int,
    their_name: str = "create_resnet",
) -> Pair:
    """Name a pair after what runs, and how."""
    how = f"{ours}" if ours == theirs else f"{ours} / {theirs}"
    return Pair(
        name=f"{ours.task} {num_frames} frames: {name} / {their_name}, {how}",
        ours=Side(name=name, build=partial(create_model, name), setting=ours),
        theirs=Side(name=their_name, build=build_theirs, setting=theirs),
        num_frames=num_frames,
    )


def pytorchvideo_r3d_50(num_frames: int, image_size: int) -> nn.Module:
    """Build ``create_resnet`` with its defaults, its head pooling the whole map as it would at 4 x 224 x 224."""
    side = -(-image_size // 32)
    model: nn.Module = create_resnet(head_pool_kernel_size=(num_frames, side, side))
    return model


def pytorchvideo_r3d_50_with_our_stem(num_frames: int, image_size: int) -> nn.Module:
    """Build the network of our ``r3d_50``: the first convolution reads five frames and steps two."""
    side = -(-image_size // 32)
    model: nn.Module = create_resnet(
        stem_conv_kernel_size=(5, 7, 7),
        stem_conv_stride=(2, 2, 2),
        head_pool_kernel_size=(-(-num_frames // 2), side, side),
    )
    return model


def measure(pair: Pair, args: argparse.Namespace) -> Row:
    """Time the two sides in turns."""
    # Without this, compiled code of earlier rows counts against the limit of recompilations.
    torch.compiler.reset()
    clips = torch.rand(args.batch_size, 3, pair.num_frames, args.image_size, args.image_size, device=args.device)
    labels = torch.randint(400, (args.batch_size,), device=args.device)
    sides = [(side, warm_up(side, clips, labels)) for side in (pair.ours, pair.theirs)]
    timings: dict[Side, list[Timing]] = {pair.ours: [], pair.theirs: []}
    for repeat in range(args.repeats):
        for side, step in sides if repeat % 2 == 0 else reversed(sides):
            timings[side].append(timed(step))

    gflops = {side: count_flops(side.build(), args.image_size, num_frames=pair.num_frames) / 1e9 for side in timings}
    work = {side: gflops[side] * args.batch_size for side in timings}

    def per_gflop(side: Side, pick: Callable[[list[float]], float], field: str = "seconds") -> float:
        seconds: list[float] = [getattr(timing, field) for timing in timings[side]]
        return float(pick(seconds) / work[side])

    def ratio(pick: Callable[[list[float]], float], field: str = "seconds") -> float:
        return round(per_gflop(pair.theirs, pick, field) / per_gflop(pair.ours, pick, field), 3)

    return Row(
        name=pair.name,
        num_frames=pair.num_frames,
        ours_gflops=round(gflops[pair.ours], 2),
        theirs_gflops=round(gflops[pair.theirs], 2),
        ours_ms_per_gflop=round(1000 * per_gflop(pair.ours, statistics.median), 3),
        theirs_ms_per_gflop=round(1000 * per_gflop(pair.theirs, statistics.median), 3),
        ratio=ratio(statistics.median),
        ratio_of_fastest=ratio(min),
        ratio_of_processor_time=None if clips.is_cuda else ratio(statistics.median, "processor_seconds"),
    )


def warm_up(side: Side, clips: Tensor, labels: Tensor) -> Step:
    """Build a step and run it until it is compiled and its memory allocated."""
    setting = side.setting
    memory_format = torch.channels_last_3d if setting.channels_last else torch.contiguous_format
    model = side.build().to(device=clips.device, memory_format=memory_format)  # type: ignore[call-overload]
    build = training_step if setting.task == "training" else inference_step
    step = build(model, setting, clips.to(memory_format=memory_format), labels)
    step()
    step()
    return step


def training_step(model: nn.Module, setting: Setting, clips: Tensor, labels: Tensor) -> Step:
    """Forward, cross-entropy, backward, SGD with Nesterov momentum and weight decay, gradients dropped."""
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=4e-5, fused=True)
    forward = torch.compile(model) if setting.compiled else model

    def step() -> None:
        with torch.autocast(clips.device.type, torch.bfloat16, enabled=setting.dtype == torch.bfloat16):
            loss = F.cross_entropy(forward(clips), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()

    return step


def inference_step(model: nn.Module, setting: Setting, clips: Tensor, labels: Tensor) -> Step:
    """One forward pass without gradients."""
    model.eval()
    forward = torch.compile(model) if setting.compiled else model

    def step() -> None:
        with (
            torch.no_grad(),
            torch.autocast(clips.device.type, torch.bfloat16, enabled=setting.dtype == torch.bfloat16),
        ):
            forward(clips)

    return step


def timed(step: Step) -> Timing:
    """Time one step."""
    synchronize()
    start, processor_start = time.perf_counter(), time.process_time()
    step()
    synchronize()
    return Timing(seconds=time.perf_counter() - start, processor_seconds=time.process_time() - processor_start)


def synchronize() -> None:
    """Wait for a GPU, where there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def describe(row: Row) -> str:
    """Give one line of the table."""
    processor = row.ratio_of_processor_time
    return (
        f"{row.ratio:5.2f} (fastest {row.ratio_of_fastest:5.2f}"
        + ("" if processor is None else f", processor time {processor:5.2f}")
        + f")   {row.ours_ms_per_gflop:7.2f} / {row.theirs_ms_per_gflop:7.2f} ms per GFLOP   {row.name}"
    )


if __name__ == "__main__":
    main()
