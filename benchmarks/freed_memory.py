"""Images per second of a training step on a CPU with freed memory kept, as every command keeps it, and without.

    python benchmarks/freed_memory.py --json

ResNet-RS-50, channels-last, eager, in the precision that the processor has: forward and backward pass and fused SGD.
The two settings take turns in processes of their own, since what a process has been told to keep it keeps. Above 1,
keeping is faster. ``resident_MB`` is the most that a process had.
"""

import argparse
import resource
import time
from multiprocessing import get_context
from statistics import median

import torch
import torch.nn.functional as F
from record import describe_hardware, write_record

from rs_core import create_model
from rs_core.memory import keep_freed_memory
from rs_core.train.precision import Machine, resolve_dtype

SIDE = 160


def main() -> None:
    args = parse_arguments()
    rows = {}
    for batch_size in args.batch_sizes:
        found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for turn in range(2 * args.turns):
            keep = turn % 2 == 0
            with get_context("spawn").Pool(1) as process:
                found[keep].append(process.apply(measure, (keep, batch_size, args.steps)))
        kept, given_back = ([rate for rate, _ in found[keep]] for keep in (True, False))
        rows[f"batch {batch_size}"] = {
            "kept_over_given_back": round(median(a / b for a, b in zip(kept, given_back, strict=True)), 3),
            "kept_images_per_second": round(median(kept), 2),
            "given_back_images_per_second": round(median(given_back), 2),
            "kept_resident_MB": max(size for _, size in found[True]),
            "given_back_resident_MB": max(size for _, size in found[False]),
        }
        print(f"batch {batch_size}", rows[f"batch {batch_size}"], flush=True)
    if args.json:
        print("written:", write_record(__file__, describe_hardware(), {"turns": args.turns, "steps": args.steps}, rows))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch_sizes", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="write a file beside this script, named after the hardware")
    return parser.parse_args()


def measure(keep: bool, batch_size: int, num_steps: int) -> tuple[float, float]:
    """Return images per second, and the most megabytes that were resident."""
    if keep:
        keep_freed_memory()
    device = torch.device("cpu")
    machine = Machine(device, resolve_dtype("auto", device))
    model = create_model("resnet_rs_50").to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, fused=True)
    images = torch.randn(batch_size, 3, SIDE, SIDE).to(memory_format=torch.channels_last)
    labels = torch.randint(1000, (batch_size,))

    def step() -> None:
        with machine.autocast():
            loss = F.cross_entropy(model(images).float(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    for _ in range(2):
        step()
    start = time.monotonic()
    for _ in range(num_steps):
        step()
    rate = num_steps * batch_size / (time.monotonic() - start)
    return rate, round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
