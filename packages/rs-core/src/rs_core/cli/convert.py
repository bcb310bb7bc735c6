"""``rs-core convert``: weights of any layout that is known, as one safetensors file."""

from pathlib import Path
from typing import get_args

from rs_core.bench.cost import count_parameters
from rs_core.cli.parser import CommandParser, at_least_one, refuse_existing
from rs_core.errors import UserError
from rs_core.weights.hub_config import why_not_timm
from rs_core.weights.pretrained import LayoutName, load_pretrained
from rs_core.weights.release import Naming, PretrainedModel, save_model


def run(arguments: list[str]) -> None:
    """Read SOURCE, write OUT, and say what was read."""
    parser = CommandParser("convert", "Write weights of any known layout as one file that rs-core reads back.")
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="TensorFlow checkpoint (prefix, index file or folder), .h5, state dict, safetensors, run directory, "
        "published name (rs-core weights list) or hub id (hf-hub:USER/NAME)",
    )
    parser.add_argument("out", metavar="OUT.safetensors", type=Path)
    parser.add_argument("--layout", default="auto", choices=get_args(LayoutName), help="default: told from the names")
    parser.add_argument("--raw", action="store_true", help="take the weights of the last step, not their average")
    parser.add_argument("--resolution", type=at_least_one, default=0, help="pixels a side (default: as published)")
    parser.add_argument(
        "--naming", default="rs_core", choices=get_args(Naming), help="whose names the tensors get (default: rs_core)"
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    options = parser.parse_args(arguments)

    if options.out.suffix != ".safetensors":
        raise UserError(f"{options.out}: give a name that ends with .safetensors")
    refuse_existing(options.out, force=options.force)
    pretrained = load_pretrained(options.source, options.layout, ema=not options.raw, resolution=options.resolution)
    reason = why_not_timm(pretrained.model.config) if options.naming == "timm" else ""
    if reason:
        raise UserError(f"--naming timm: timm cannot build this network ({reason}); leave it out")
    save_model(pretrained, options.out, naming=options.naming)
    for name, value in report(pretrained):
        print(f"{name:12}  {value}")
    print(f"{'written':12}  {options.out} ({options.out.stat().st_size / 1e6:.1f} MB)")


def report(pretrained: PretrainedModel) -> list[tuple[str, str]]:
    """Say what was read, a line each."""
    origin, preprocessing = pretrained.origin, pretrained.preprocessing
    num_classes = pretrained.model.config.num_classes
    weights = "the average that training kept" if origin.averaged else "as stored, no average"
    channels = ", ".join(f"{mean:g} ± {std:g}" for mean, std in zip(preprocessing.mean, preprocessing.std, strict=True))
    lines = [
        ("source", origin.source),
        ("layout", origin.layout),
        ("network", origin.architecture or origin.recipe),
        ("size", f"{count_parameters(pretrained.model):,} parameters, {num_classes or 'no'} classes"),
        ("weights", weights),
        (
            "input",
            f"{preprocessing.resolution} px, {preprocessing.resize} after the {preprocessing.crop_rule} crop of "
            f"{preprocessing.crop_fraction:g}, RGB in [0, 1] normalised by {channels}",
        ),
    ]
    if preprocessing.class_offset:
        lines.append(("classes", f"label i is logit i + {preprocessing.class_offset}; logit 0 is the background"))
    if origin.passed_over:
        lines.append(("passed over", ", ".join(origin.passed_over)))
    return lines + [("note", note) for note in origin.notes]
