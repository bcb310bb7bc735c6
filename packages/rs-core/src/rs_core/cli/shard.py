"""``rs-core shard``: a data set as tar shards, which any storage reads fast."""

from pathlib import Path

from rs_core.cli.file_progress import FileProgress
from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.cores import num_cores
from rs_core.data.folder import index_folder
from rs_core.data.index import SampleIndex, open_index
from rs_core.data.index.layout import DESCRIPTION
from rs_core.data.index.listing import SAMPLES
from rs_core.data.index.write_shards import ShardConfig, write_shards
from rs_core.errors import UserError

# More are not worth a line each.
MOST_NOTES = 5


def run(arguments: list[str]) -> None:
    """Write the shards of SOURCE into OUT, and say what to do with them."""
    options = make_parser().parse_args(arguments)
    source: Path = options.source
    if options.out.resolve().is_relative_to(source.resolve()):
        raise UserError(f"{options.out}: lies in the folder to be read; give another folder for OUT")
    config = ShardConfig(
        name=options.name or source.resolve().name,
        samples_per_shard=options.samples_per_shard,
        max_shard_mb=options.max_shard_mb,
        short_side=options.short_side,
        quality=options.quality,
        seed=options.seed,
        shuffle=not options.in_order,
    )
    with FileProgress("writing") as progress:
        report = write_shards(samples_of(source), options.out, config, options.workers, progress)
    kept = f", {report.num_kept:,} were there" if report.num_kept else ""
    print(f"samples   {report.num_samples:,}")
    print(f"shards    {report.num_written:,} written{kept} ({report.num_bytes / 1e6:,.1f} MB) in {options.out}")
    for name in report.undecodable[:MOST_NOTES]:
        print(f"note      {name}: cannot be decoded, stored as it is")
    if len(report.undecodable) > MOST_NOTES:
        print(f"note      and {len(report.undecodable) - MOST_NOTES:,} more such images")
    print(f"next      rs-core index {options.out / SAMPLES} --out INDEX")


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser(
        "shard",
        "Write a data set as tar shards. After an interruption, the same command goes on where it stopped.",
    )
    parser.add_argument("source", metavar="SOURCE", type=Path, help="image folder with a folder per class; or an index")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for the shards and the lists of what is in them")
    parser.add_argument("--name", default="", help="what the names of shards start with (default: name of SOURCE)")
    parser.add_argument(
        "--samples_per_shard", metavar="N", type=at_least_one, default=10_000, help="samples in each (default: 10000)"
    )
    parser.add_argument(
        "--max_shard_mb", metavar="MB", type=at_least_one, default=0, help="and at most so many MB, before re-encoding"
    )
    parser.add_argument(
        "--short_side", metavar="PX", type=at_least_one, default=0, help="shrink images whose short side is longer"
    )
    parser.add_argument("--quality", type=at_least_one, default=90, help="of JPEG in shrunk images (default: 90)")
    parser.add_argument("--seed", type=int, default=0, help="of the order of samples (default: 0)")
    parser.add_argument("--in_order", action="store_true", help="keep the order of SOURCE; default: shuffle")
    parser.add_argument(
        "--workers", metavar="N", type=at_least_one, default=num_cores(), help="processes (default: one per core)"
    )
    return parser


def samples_of(source: Path) -> SampleIndex:
    """Open an index, or list an image folder."""
    if (source / DESCRIPTION).exists():
        return open_index(source)
    if not source.is_dir():
        raise UserError(f"{source}: no such folder; give an image folder or an index")
    folder = source.absolute()
    return index_folder(folder.parent, folder.name)
