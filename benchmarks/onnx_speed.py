"""Images per second of ResNet-RS-50 on the CPU: eager, folded, optimised, and as ONNX in ONNX Runtime.

    python benchmarks/onnx_speed.py            # batches of 16 and of 1; three minutes on two cores, half to compile
    python benchmarks/onnx_speed.py --json     # writes onnx_speed_<hardware>.json

All forms are of one network, get the same float32 images and threads, and take turns, so that whatever else the machine
does meets all of them. The ratio is eager's median time over the form's: above 1, the form is faster than eager.
"""

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnxruntime
import torch
from record import describe_hardware, write_record
from torch import Tensor

from rs_core import create_model
from rs_core.data.preprocessing import Preprocessing
from rs_core.export import fold_batch_norm, optimize_for_inference
from rs_core.export.onnx import export_onnx
from rs_core.models import ResidualNetwork
from rs_core.weights.release import Origin, PretrainedModel

Form = Callable[[Tensor], object]

BATCH_SIZES = (16, 1)

# ONNX Runtime's threads spin for a while after a call, and would take the cores from whoever is next.
PAUSE_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Row:
    """One form at one batch size. The speed is of the median call."""

    form: str
    batch_size: int
    images_per_second: float
    ratio_to_eager: float
    ratio_of_fastest: float


def main() -> None:
    """Measure all forms, print each row, and write them if asked."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = create_model("resnet_rs_50").eval()
    with tempfile.TemporaryDirectory() as folder:
        session = onnx_session(model, args.image_size, args.threads, Path(folder))
    rows = []
    for batch_size in BATCH_SIZES:
        torch.compiler.reset()
        images = torch.randn(batch_size, 3, args.image_size, args.image_size)
        for row in measure(build_forms(model, session), images, args.repeats):
            print(describe(row), flush=True)
            rows.append(row)
    if args.json:
        hardware = describe_hardware(onnxruntime=onnxruntime.__version__)
        path = write_record(__file__, hardware, vars(args), [dataclasses.asdict(row) for row in rows])
        print(f"wrote {path}")


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image-size", type=int, default=160, help="height and width in pixels")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=21, help="timed calls of each form")
    parser.add_argument("--json", action="store_true", help="write benchmarks/onnx_speed_<hardware>.json")
    return parser.parse_args()


def onnx_session(model: ResidualNetwork, image_size: int, threads: int, folder: Path) -> onnxruntime.InferenceSession:
    """Export the network, which checks it, and load it with as many threads as PyTorch has."""
    pretrained = PretrainedModel(
        model=model, preprocessing=Preprocessing(resolution=image_size), class_names=(), origin=Origin()
    )
    path = export_onnx(pretrained, folder / "resnet_rs_50.onnx").path
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def build_forms(model: ResidualNetwork, session: onnxruntime.InferenceSession) -> dict[str, Form]:
    """Give every form by name, eager first."""
    return {
        "eager": model,
        "folded eager": fold_batch_norm(model).requires_grad_(False),
        "optimize_for_inference float32": optimize_for_inference(model),
        "optimize_for_inference bfloat16": optimize_for_inference(model, dtype=torch.bfloat16),
        "ONNX Runtime float32": lambda images: session.run(["logits"], {"images": images.numpy()}),
    }


@torch.no_grad()
def measure(forms: dict[str, Form], images: Tensor, repeats: int) -> list[Row]:
    """Time all forms in turns; whoever begins changes from turn to turn."""
    for form in forms.values():
        form(images)
        form(images)
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    names = list(forms)
    for repeat in range(repeats):
        first = repeat % len(names)
        for name in names[first:] + names[:first]:
            seconds[name].append(timed(forms[name], images))
    eager = seconds["eager"]
    return [
        Row(
            form=name,
            batch_size=len(images),
            images_per_second=round(len(images) / statistics.median(times), 2),
            ratio_to_eager=round(statistics.median(eager) / statistics.median(times), 3),
            ratio_of_fastest=round(min(eager) / min(times), 3),
        )
        for name, times in seconds.items()
    ]


def timed(form: Form, images: Tensor) -> float:
    """Give the seconds of one call."""
    time.sleep(PAUSE_SECONDS)
    start = time.perf_counter()
    form(images)
    return time.perf_counter() - start


def describe(row: Row) -> str:
    """Give one line of the table."""
    return (
        f"{row.ratio_to_eager:5.2f} (fastest {row.ratio_of_fastest:5.2f})   {row.images_per_second:8.1f} images/s   "
        f"batch {row.batch_size:2}   {row.form}"
    )


if __name__ == "__main__":
    main()
