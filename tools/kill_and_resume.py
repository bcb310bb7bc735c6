"""Kill a run with SIGKILL again and again at random moments, resume it each time, and compare it with one left alone.

    python tools/kill_and_resume.py --kills 50
    python tools/kill_and_resume.py --kills 50 --ranks 2

Trains a tiny network on the built-in digits on the CPU, on one process or under torchrun on several. Each life of the
run begins with ``--resume``, trains for a random time and is killed with all its processes, decoding workers included.
The run then goes on to its end. Every logged loss and every tensor of the last checkpoint must equal, to the last bit,
those of the run that nobody killed: a batch lost or repeated would change both. Exits with 1 and one line if not.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from rs_core.train.checkpoint import list_checkpoints, load_checkpoint
from rs_core.train.metrics import read_metrics

SETTINGS = (
    *("--model.blocks", "[1,1,1,1]", "--model.width_multiplier", "0.125", "--resolution", "16", "--batch_size", "64"),
    *("--run.device", "cpu", "--run.precision", "float32", "--run.compile", "off", "--run.log_every", "1"),
    *("--data.num_workers", "2", "--run.checkpoint_every", "0.005", "--run.evaluate_every", "1000"),
)


def main() -> None:
    arguments = parse_arguments()
    settings = (*SETTINGS, "--epochs", str(arguments.epochs))
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder, "whole"), Path(folder, "killed")
        wait(start(("train", *settings, "--run.directory", str(whole)), arguments.ranks))
        steps = kill_repeatedly(killed, settings, arguments)
        wait(start(("train", "--resume", str(killed)), arguments.ranks))
        compare(whole, killed)
    print(f"{arguments.kills} kills on {arguments.ranks} ranks, at steps {steps}: every loss and tensor is the same")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--epochs", type=float, default=100, help="long enough to outlive the kills")
    parser.add_argument("--longest", type=float, default=1.0, help="seconds of training in one life, at most")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def start(words: tuple[str, ...], num_ranks: int) -> subprocess.Popen[str]:
    """Start rs-core in a process group of its own."""
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(num_ranks))
    command = (sys.executable, *(torchrun if num_ranks > 1 else ()), "-m", "rs_core", *words)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def wait(process: subprocess.Popen[str]) -> None:
    out, err = process.communicate()
    if process.returncode:
        raise SystemExit(f"rs-core ended with {process.returncode}\n{out}\n{err}")


def kill_repeatedly(directory: Path, settings: tuple[str, ...], arguments: argparse.Namespace) -> list[int]:
    """Kill the run ``arguments.kills`` times and give the step of the newest checkpoint after each."""
    rng = random.Random(arguments.seed)
    steps = []
    for life in range(arguments.kills):
        begun = (directory / "config.yaml").is_file()
        words = ("--resume", str(directory)) if begun else (*settings, "--run.directory", str(directory))
        process = start(("train", *words), arguments.ranks)
        wait_for_a_step(process)
        time.sleep(rng.uniform(0, arguments.longest))
        if process.poll() is not None:
            raise SystemExit(f"the run ended before kill {life + 1}: give more --epochs\n{process.communicate()[1]}")
        kill_all(process)
        checkpoints = list_checkpoints(directory / "checkpoints")
        steps.append(load_checkpoint(checkpoints[-1])["step"] if checkpoints else 0)
    return steps


def wait_for_a_step(process: subprocess.Popen[str]) -> None:
    """Read what the run prints up to its first step."""
    for line in process.stdout or ():
        if line.startswith("step "):
            return
    raise SystemExit(f"the run took no step\n{process.communicate()[1]}")


def kill_all(process: subprocess.Popen[str]) -> None:
    """Kill the process, the ranks that it started and their workers; torchrun gives each rank a session of its own."""
    for pid in (*descendants(process.pid), process.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.communicate()


def descendants(pid: int) -> list[int]:
    """Give the processes that a process started, and those that they started (Linux)."""
    listings = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [int(child) for listing in listings for child in listing.split()]
    return [found for child in children for found in (child, *descendants(child))]


def compare(whole: Path, killed: Path) -> None:
    """Exit with 1 unless both runs logged the same losses and ended in the same state."""
    rows = [[row for row in read_metrics(run) if "train/loss" in row] for run in (whole, killed)]
    one, other = ([(row["step"], row["train/loss"]) for row in of_run] for of_run in rows)
    if one != other:
        raise SystemExit(f"the losses differ at {len(set(one) ^ set(other)) / 2:.0f} steps")
    ends = [load_checkpoint(list_checkpoints(run / "checkpoints")[-1]) for run in (whole, killed)]
    for part in ("model", "ema", "optimizer"):
        before, after = (flat(end[part]) for end in ends)
        different = [name for name, tensor in before.items() if not torch.equal(tensor, after[name])]
        if different:
            raise SystemExit(f"{part}: {len(different)} tensors differ, such as {different[0]}")


def flat(state: object, prefix: str = "") -> dict[str, torch.Tensor]:
    """Give the tensors in nested dictionaries and lists by the path to each."""
    if isinstance(state, torch.Tensor):
        return {prefix: state}
    items = state.items() if isinstance(state, dict) else enumerate(state) if isinstance(state, list) else ()
    return {name: tensor for key, item in items for name, tensor in flat(item, f"{prefix}.{key}").items()}


if __name__ == "__main__":
    main()
