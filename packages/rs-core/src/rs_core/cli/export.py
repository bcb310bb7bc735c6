"""``rs-core export``: a trained model as a file that runs without its training code."""

from pathlib import Path
from typing import get_args

from rs_core.cli.parser import CommandParser, at_least_one, refuse_existing
from rs_core.cli.trained import load_trained
from rs_core.errors import UserError
from rs_core.export.description import Dtype, Kind
from rs_core.export.exported import ExportedModel
from rs_core.export.formats import SUFFIXES, export_model, kind_of

FORMATS: dict[Kind, str] = {"program": "torch.export program", "onnx": "ONNX", "fused": "fused weights"}


def run(arguments: list[str]) -> None:
    """Read SOURCE, write OUT, check it, and say what was written."""
    parser = CommandParser("export", "Write a trained model as a file to run: torch.export program, ONNX or weights.")
    parser.add_argument(
        "source", metavar="SOURCE", help="run directory, model.safetensors, or weights as for rs-core convert"
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="OUT.pt2, OUT.onnx or OUT.safetensors (fused weights)")
    parser.add_argument("--format", default="", choices=get_args(Kind), help="default: told from the suffix of OUT")
    parser.add_argument("--resolution", type=at_least_one, default=0, help="pixels a side (default: as trained)")
    parser.add_argument("--num_frames", type=at_least_one, default=0, help="of a clip, for networks of clips")
    parser.add_argument("--dtype", default="float32", choices=get_args(Dtype), help="default: float32")
    parser.add_argument("--dynamic_size", action="store_true", help="take other sizes, too: multiples of the stride")
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    options = parser.parse_args(arguments)

    check_out(options.out, options.format, force=options.force)
    exported = export_model(
        load_trained(options.source),
        options.out,
        options.resolution,
        num_frames=options.num_frames,
        dtype=options.dtype,
        dynamic_size=options.dynamic_size,
    )
    for name, value in report(exported):
        print(f"{name:12}  {value}")


def check_out(out: Path, kind: str, *, force: bool) -> None:
    """Refuse a file that cannot be, before the model is loaded.

    Raises:
        UserError: it exists, or its suffix is of no format or of another one than asked for.
    """
    if kind and SUFFIXES.get(out.suffix) != kind:
        suffix = next(suffix for suffix, known in SUFFIXES.items() if known == kind)
        raise UserError(f"{out}: give a name that ends with {suffix} for --format {kind}")
    kind_of(out)
    refuse_existing(out, force=force)


def report(exported: ExportedModel) -> list[tuple[str, str]]:
    """Say what was written, a line each."""
    contract = exported.about.contract
    step = contract.size_step
    *fixed, height, width = map(str, contract.input_shape)
    sizes = {0: [height, width], 1: ["any", "any"]}.get(step, [f"multiple of {step}"] * 2)
    return [
        ("written", f"{exported.path} ({exported.path.stat().st_size / 1e6:.1f} MB)"),
        ("format", f"{FORMATS[exported.kind]}, {contract.dtype}"),
        ("input", f"float32 [N, {', '.join([*fixed, *sizes])}]"),
        (
            "checked",
            f"logits off by {exported.difference:.1e} of their spread from eager's, "
            f"where rounding explains {contract.probe.bound:.1e}",
        ),
    ]
