"""``rs-semisup label``: let a teacher predict the classes of the images of an index."""

import dataclasses
from argparse import Namespace

import pyarrow.parquet as pq

from rs_core.cli.index import counted, say
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cli.trained import add_device_arguments
from rs_core.errors import UserError
from rs_core.train.ranks import from_launcher
from rs_semisup.cli.label_progress import LabelProgress
from rs_semisup.label import LabelConfig, label
from rs_semisup.predictions.store import Predictions


def run(arguments: list[str]) -> None:
    """Label what is missing, print what the predictions are, and where as the last line."""
    options = make_parser().parse_args(arguments)
    config = LabelConfig(**{field.name: getattr(options, field.name) for field in dataclasses.fields(LabelConfig)})
    is_main = from_launcher("RANK", 0) == 0
    with LabelProgress(quiet=not is_main) as progress:
        predictions = label_with(options, config, progress)
    if is_main:
        say(lines(predictions))
        print(f"predictions: {predictions.directory}")


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser(
        "label",
        "Let a teacher predict the classes of the images of an index, as Parquet files, one a range of rows. Started "
        "again, it does what is missing; started several times at once, or by torchrun, the processes share the work.",
        program="rs-semisup",
    )
    parser.add_argument(
        "--teacher",
        required=True,
        help="run directory, model.safetensors, a published name (rs-core weights list), or timm:NAME",
    )
    parser.add_argument(
        "--teacher_checkpoint", metavar="FILE", default="", help="weights of timm:NAME (default: those timm publishes)"
    )
    parser.add_argument("--index", required=True, help="what rs-core index wrote")
    parser.add_argument("--out", metavar="PREDICTIONS", required=True, help="folder of the predictions")
    parser.add_argument("--root", default="", help="where the indexed files are now, if they were moved as a whole")
    parser.add_argument(
        "--num_classes", metavar="N", type=at_least_one, default=0, help="refuse a teacher that knows another number"
    )
    parser.add_argument(
        "--classes_of", metavar="INDEX", default="", help="refuse a teacher of other classes than this labelled index"
    )
    parser.add_argument(
        "--top_k", metavar="K", type=int, default=10, help="classes to keep of each image; 0: all (default: 10)"
    )
    parser.add_argument(
        "--range_rows",
        metavar="N",
        type=at_least_one,
        default=65_536,
        help="images of a file, a multiple of the batch size (default: 65536)",
    )
    parser.add_argument(
        "--batch_size", metavar="N", type=at_least_one, default=128, help="images in a forward pass (default: 128)"
    )
    parser.add_argument(
        "--perceptual_hash", action="store_true", help="also hash what images look like, to find near-duplicates"
    )
    parser.add_argument(
        "--num_workers", metavar="N", type=int, default=-1, help="processes that decode (default: as many as help)"
    )
    add_device_arguments(parser)
    parser.add_argument(
        "--engine",
        choices=("processes", "ray"),
        default="processes",
        help="ray: on the cluster that Ray is connected to",
    )
    parser.add_argument(
        "--ray_workers", metavar="N", type=at_least_one, default=1, help="with ray: processes that label (default: 1)"
    )
    return parser


def label_with(options: Namespace, config: LabelConfig, progress: LabelProgress) -> Predictions:
    """Label in this process, or on Ray.

    Raises:
        UserError: what labelling raises, or Ray is not installed.
    """
    if options.engine == "processes":
        return label(config, progress)
    try:
        # The extra of that name brings it.
        from rs_semisup.label.on_ray import label_on_ray  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise UserError("--engine ray needs ray, which is not installed: pip install 'rs-semisup[ray]'") from None
    return label_on_ray(config, num_processes=options.ray_workers, on_rows=progress)


def lines(predictions: Predictions) -> list[tuple[str, str]]:
    """Say what the predictions are."""
    manifest = predictions.manifest
    kept = "all" if manifest.top_k == len(manifest.class_names) else f"the likeliest {manifest.top_k} kept"
    return [
        ("teacher", f"{manifest.teacher}, {manifest.preprocessing.resolution} px, {manifest.precision}"),
        ("classes", f"{len(manifest.class_names):,}, {kept}"),
        ("images", f"{manifest.num_rows:,} in {counted(manifest.num_ranges, 'file')}"),
        ("left out", left_out_text(count_unreadable(predictions))),
    ]


def left_out_text(count: int) -> str:
    """Say how many images have no prediction."""
    return f"{counted(count, 'image')} that cannot be read; rs-semisup verify names them" if count else "none"


def count_unreadable(predictions: Predictions) -> int:
    """Count the rows without a prediction, by what the files say at their end."""
    count = 0
    for number in range(predictions.manifest.num_ranges):
        footer = pq.read_metadata(predictions.path(number))
        reasons = footer.num_columns - 1  # the last column
        groups = (footer.row_group(group) for group in range(footer.num_row_groups))
        count += sum(group.num_rows - group.column(reasons).statistics.null_count for group in groups)
    return count
