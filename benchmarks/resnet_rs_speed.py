"""Images per second of ResNet-RS-50 here and in timm, side by side in one run.

    python benchmarks/resnet_rs_speed.py --quick     # eager rows and what a user gets by default, few repeats
    python benchmarks/resnet_rs_speed.py --json      # compiled rows too: most of an hour on two cores, to compile
    python benchmarks/resnet_rs_speed.py --device cuda --batch-size 256 --json

A row is one pair. Both sides get the same images, are warmed up, and then take turns (A B, B A, ...), so that
whatever else the machine does meets both. The ratio is timm's median time over ours: above 1, ours is faster.
"""

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import timm
import torch
import torch.nn.functional as F
from record import describe_hardware, write_record
from torch import Tensor, nn

from rs_core import create_model
from rs_core.export import optimize_for_inference
from rs_core.train.precision import has_native_bfloat16

Task = Literal["training", "inference"]
Step = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How one side of a pair runs."""

    task: Task
    dtype: torch.dtype
    channels_last: bool = True
    compiled: bool = False

    def __str__(self) -> str:
        dtype = str(self.dtype).removeprefix("torch.")
        layout = "channels_last" if self.channels_last else "contiguous"
        return f"{dtype} {layout} {'compiled' if self.compiled else 'eager'}"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One row before it is measured: how to build ours and timm's step."""

    name: str
    ours: Callable[[], Step]
    timm: Callable[[], Step]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured row. Speeds are of the median step; peak memory is None on a CPU."""

    name: str
    ours_images_per_second: float
    timm_images_per_second: float
    ratio: float
    ratio_of_fastest: float
    ours_peak_mib: float | None
    timm_peak_mib: float | None


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The images ``[N, 3, H, W]`` and labels ``[N]`` that every step sees."""

    images: Tensor
    labels: Tensor


def main() -> None:
    """Measure the rows, print each as it is done, and write them if asked."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    batch = Batch(
        images=torch.rand(args.batch_size, 3, args.image_size, args.image_size, device=args.device),
        labels=torch.randint(1000, (args.batch_size,), device=args.device),
    )
    pairs = [*same_setting_pairs(batch, compiled=False)]
    if not args.quick:
        pairs += [*same_setting_pairs(batch, compiled=True)]
    pairs += [*default_pairs(batch)]

    rows = []
    for pair in pairs:
        if args.only not in pair.name:
            continue
        row = measure(pair, batch.images, args.repeats)
        print(describe(row), flush=True)
        rows.append(row)
    if args.json:
        device = torch.device(args.device)
        hardware = describe_hardware(
            gpu=torch.cuda.get_device_name() if device.type == "cuda" else None,
            fast_bfloat16=has_native_bfloat16(device),
            timm=timm.__version__,
        )
        path = write_record(__file__, hardware, vars(args), [dataclasses.asdict(row) for row in rows])
        print(f"wrote {path}")


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--image-size", type=int, default=160, help="height and width in pixels")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, help="timed steps a side; 21, or 5 with --quick")
    parser.add_argument("--only", default="", help="run the rows whose name contains this")
    parser.add_argument("--quick", action="store_true", help="no compiled pairs, few repeats")
    parser.add_argument("--json", action="store_true", help="write benchmarks/resnet_rs_speed_<hardware>.json")
    args = parser.parse_args()
    args.repeats = args.repeats or (5 if args.quick else 21)
    return args


def same_setting_pairs(batch: Batch, *, compiled: bool) -> Iterator[Pair]:
    """Pair both models in every precision and memory format."""
    tasks: tuple[Task, ...] = ("training", "inference")
    for task in tasks:
        for dtype in (torch.float32, torch.bfloat16):
            for channels_last in (False, True):
                setting = Setting(task=task, dtype=dtype, channels_last=channels_last, compiled=compiled)
                yield Pair(
                    name=f"{task} {setting}",
                    ours=lambda setting=setting: build_step(our_model(), setting, batch),  # type: ignore[misc]
                    timm=lambda setting=setting: build_step(timm_model(), setting, batch),  # type: ignore[misc]
                )


def default_pairs(batch: Batch) -> Iterator[Pair]:
    """Pair what our users get without asking with timm's eager form in the same precision, channels last."""
    dtype = torch.bfloat16 if has_native_bfloat16(batch.images.device) else torch.float32
    ours = Setting(task="training", dtype=dtype, compiled=True)
    theirs = dataclasses.replace(ours, compiled=False)
    yield Pair(
        name=f"default training: {ours} / timm {theirs}",
        ours=lambda: build_step(our_model(), ours, batch),
        timm=lambda: build_step(timm_model(), theirs, batch),
    )
    for dtype in (torch.float32, torch.bfloat16):
        setting = Setting(task="inference", dtype=dtype)
        yield Pair(
            name=f"default inference: optimize_for_inference {setting.dtype} / timm {setting}",
            ours=lambda dtype=dtype: optimized_inference(dtype, batch),  # type: ignore[misc]
            timm=lambda setting=setting: build_step(timm_model(), setting, batch),  # type: ignore[misc]
        )


def our_model() -> nn.Module:
    return create_model("resnet_rs_50")


def timm_model() -> nn.Module:
    model: nn.Module = timm.create_model("resnetrs50")
    return model


def build_step(model: nn.Module, setting: Setting, batch: Batch) -> Step:
    """Place a model and its images as the setting says and give what is timed."""
    memory_format = torch.channels_last if setting.channels_last else torch.contiguous_format
    model = model.to(device=batch.images.device, memory_format=memory_format)  # type: ignore[call-overload]
    images = batch.images.to(memory_format=memory_format)
    build = training_step if setting.task == "training" else inference_step
    return build(model, setting, images, batch.labels)


def training_step(model: nn.Module, setting: Setting, images: Tensor, labels: Tensor) -> Step:
    """Forward, cross-entropy, backward, SGD with Nesterov momentum and weight decay, gradients dropped."""
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=4e-5, fused=True)
    forward = torch.compile(model) if setting.compiled else model

    def step() -> None:
        with torch.autocast(images.device.type, torch.bfloat16, enabled=setting.dtype == torch.bfloat16):
            loss = F.cross_entropy(forward(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()

    return step


def inference_step(model: nn.Module, setting: Setting, images: Tensor, labels: Tensor) -> Step:
    """One forward pass without gradients."""
    model.eval()
    forward = torch.compile(model) if setting.compiled else model

    def step() -> None:
        with (
            torch.no_grad(),
            torch.autocast(images.device.type, torch.bfloat16, enabled=setting.dtype == torch.bfloat16),
        ):
            forward(images)

    return step


def optimized_inference(dtype: torch.dtype, batch: Batch) -> Step:
    """Run the whole of ``optimize_for_inference``, the change of memory format and precision included."""
    model = optimize_for_inference(create_model("resnet_rs_50").to(batch.images.device), dtype=dtype)

    def step() -> None:
        model(batch.images)

    return step


def measure(pair: Pair, images: Tensor, repeats: int) -> Row:
    """Time the two sides in turns."""
    # Without this, compiled code of earlier rows counts against the limit of recompilations.
    torch.compiler.reset()
    ours, ours_peak_mib = warm_up(pair.ours, on_cuda=images.is_cuda)
    theirs, timm_peak_mib = warm_up(pair.timm, on_cuda=images.is_cuda)
    our_seconds: list[float] = []
    timm_seconds: list[float] = []
    for repeat in range(repeats):
        order = [(ours, our_seconds), (theirs, timm_seconds)]
        for step, seconds in order if repeat % 2 == 0 else reversed(order):
            seconds.append(timed(step))
    our_median, timm_median = statistics.median(our_seconds), statistics.median(timm_seconds)
    return Row(
        name=pair.name,
        ours_images_per_second=round(len(images) / our_median, 2),
        timm_images_per_second=round(len(images) / timm_median, 2),
        ratio=round(timm_median / our_median, 3),
        ratio_of_fastest=round(min(timm_seconds) / min(our_seconds), 3),
        ours_peak_mib=ours_peak_mib,
        timm_peak_mib=timm_peak_mib,
    )


def warm_up(build: Callable[[], Step], *, on_cuda: bool) -> tuple[Step, float | None]:
    """Build a step and run it until it is compiled and its memory allocated; give its peak memory in MiB.

    What the other side of the pair holds at the time is left out.
    """
    allocated_before = torch.cuda.memory_allocated() if on_cuda else 0
    step = build()
    step()
    step()
    if not on_cuda:
        return step, None
    torch.cuda.reset_peak_memory_stats()
    step()
    return step, round((torch.cuda.max_memory_allocated() - allocated_before) / 2**20, 1)


def timed(step: Step) -> float:
    """Give the seconds of one step."""
    synchronize()
    start = time.perf_counter()
    step()
    synchronize()
    return time.perf_counter() - start


def synchronize() -> None:
    """Wait for a GPU, where there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def describe(row: Row) -> str:
    """Give one line of the table."""
    memory = "" if row.ours_peak_mib is None else f"   peak {row.ours_peak_mib:.0f} / {row.timm_peak_mib:.0f} MiB"
    return (
        f"{row.ratio:5.2f} (fastest {row.ratio_of_fastest:5.2f})   {row.ours_images_per_second:8.1f} / "
        f"{row.timm_images_per_second:8.1f} images/s   {row.name}{memory}"
    )


if __name__ == "__main__":
    main()
