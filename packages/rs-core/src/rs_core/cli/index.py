"""``rs-core index``: make, show and check the index of a data set."""

from argparse import Namespace
from pathlib import Path

from rs_core.cli.file_progress import FileProgress
from rs_core.cli.parser import CommandParser, at_least_one, refuse_existing
from rs_core.cores import num_cores
from rs_core.data.index.build import BuildConfig, BuildReport, Changes
from rs_core.data.index.build_any import build_index
from rs_core.data.index.class_names import numbered_classes, read_class_names
from rs_core.data.index.duplicates import find_duplicates
from rs_core.data.index.layout import DESCRIPTION
from rs_core.data.index.store import StoredIndex, open_stored
from rs_core.data.index.verify import verify_index
from rs_core.errors import UserError

# More are not worth a line each.
MOST_NOTES = 5


def run(arguments: list[str]) -> None:
    """Make an index of SOURCE with --out; without it, show the index that SOURCE is."""
    options = make_parser().parse_args(arguments)
    if options.out is None:
        inspect(options)
        return
    if options.verify or options.parquet or options.check_duplicates:
        raise UserError(
            "--verify, --check_duplicates and --parquet take an index that is there: give it alone, without --out"
        )
    config = BuildConfig(
        class_names=given_classes(options.class_names, options.num_classes),
        with_labels=not options.unlabelled,
        rescan=options.rescan,
        drop_columns=options.drop_columns,
        num_workers=options.workers,
    )
    with FileProgress("indexing") as progress:
        report = build_index(options.sources, options.out, config, root=options.root, on_progress=progress)
    say(build_lines(report, options.out))


def make_parser() -> CommandParser:
    """Make the parser of the command."""
    parser = CommandParser("index", "Index a data set, so that training finds any sample at once; or show an index.")
    parser.add_argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        help="image folder with one folder per class; tar shards: files, 'train-{0000..0011}.tar', 'train-*.tar' or "
        "folders of them, local or at any address that fsspec knows; lists (.csv, .parquet) with the columns "
        "file,label or shard,offset,length,label; or, without --out, an index",
    )
    parser.add_argument("--out", metavar="INDEX", type=Path, help="folder of the index; one that is there is updated")
    classes = parser.add_mutually_exclusive_group()
    classes.add_argument("--class_names", metavar="FILE", type=Path, help="the classes: a text file with one a line")
    classes.add_argument("--num_classes", metavar="N", type=at_least_one, default=0, help="labels are 0 to N - 1")
    parser.add_argument("--root", default="", help="where the names in lists start from (default: each list's folder)")
    parser.add_argument("--unlabelled", action="store_true", help="take no labels")
    parser.add_argument("--rescan", action="store_true", help="read all again, not only what is new or changed")
    parser.add_argument(
        "--drop_columns", action="store_true", help="leave out added columns, which have no values for new rows"
    )
    parser.add_argument(
        "--workers", metavar="N", type=at_least_one, default=num_cores(), help="processes (default: one per core)"
    )
    parser.add_argument("--verify", action="store_true", help="read all files again and compare them with the index")
    parser.add_argument(
        "--check_duplicates", action="store_true", help="look for samples of the same key in different shards"
    )
    parser.add_argument("--parquet", metavar="OUT.parquet", type=Path, help="write the index as a list")
    parser.add_argument("--force", action="store_true", help="replace OUT.parquet if it exists")
    return parser


def given_classes(names: Path | None, num_classes: int) -> tuple[str, ...] | None:
    """Give the classes that the user names or counts, if any."""
    if names:
        return read_class_names(names)
    return numbered_classes(num_classes) if num_classes else None


def build_lines(report: BuildReport, out: Path) -> list[tuple[str, str]]:
    """Say what a build did."""
    description = report.description
    lines = [
        ("samples", f"{description.num_rows:,} in {counted(description.num_files, 'file')} below {description.root}"),
        ("classes", classes_text(description.class_names)),
        ("files", changes_text(report.changes)),
        *(("note", note) for note in report.notes[:MOST_NOTES]),
    ]
    if len(report.notes) > MOST_NOTES:
        lines.append(("note", f"and {len(report.notes) - MOST_NOTES:,} more such files"))
    size = sum(path.stat().st_size for path in (out / description.data).rglob("*.npy"))
    return [*lines, ("written" if report.written else "kept", f"{out} ({megabytes(size)})")]


def megabytes(num_bytes: int) -> str:
    """Write a size.

    >>> megabytes(5_000), megabytes(430_123_456)
    ('0.005 MB', '430 MB')
    """
    return f"{num_bytes / 1e6:,.3f} MB" if num_bytes < 10**6 else f"{num_bytes / 1e6:,.0f} MB"


def changes_text(changes: Changes) -> str:
    """Count what changed; zeros are left out."""
    counts = (
        (changes.unchanged, "unchanged"),
        (changes.new, "new"),
        (changes.changed, "changed"),
        (changes.removed, "removed"),
    )
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def classes_text(class_names: tuple[str, ...]) -> str:
    """Count the classes and name the first."""
    if not class_names:
        return "none: no sample has a label"
    shown = ", ".join(class_names[:3])
    return f"{len(class_names):,}: {shown}{', …' if len(class_names) > 3 else ''}"


def counted(count: int, noun: str) -> str:
    """Count things.

    >>> counted(1, "file"), counted(2000, "file")
    ('1 file', '2,000 files')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def inspect(options: Namespace) -> None:
    """Show the index that the only source is, check it, or write it as a list."""
    source = Path(options.sources[0])
    if len(options.sources) != 1 or not (source / DESCRIPTION).exists():
        raise UserError(f"{source}: not an index; to make one of it, say where: --out INDEX")
    stored = open_stored(source, root=options.root)
    say(index_lines(stored))
    if options.parquet:
        export(stored, options.parquet, force=options.force)
    if options.verify:
        verify(stored, options.workers)
    if options.check_duplicates:
        check_duplicates(stored, options.workers)


def export(stored: StoredIndex, out: Path, *, force: bool) -> None:
    """Write an index as a Parquet list."""
    # pyarrow is needed here and for lists in Parquet alone.
    from rs_core.data.index.parquet import write_parquet  # noqa: PLC0415

    if out.suffix != ".parquet":
        raise UserError(f"{out}: give a name that ends with .parquet")
    refuse_existing(out, force=force)
    with FileProgress("writing") as progress:
        write_parquet(stored, out, progress)
    say([("written", f"{out} ({megabytes(out.stat().st_size)})")])


def verify(stored: StoredIndex, num_workers: int) -> None:
    """Check an index and its files; ``UserError`` if something is wrong, after a line for each."""
    with FileProgress("reading") as progress:
        verdict = verify_index(stored, num_workers, progress)
    for problem in verdict.problems:
        print(problem)
    if verdict.problems:
        count = counted(len(verdict.problems), "problem")
        raise UserError(f"{stored.directory}: {count}; the lines above say what to do")
    read = f"{counted(verdict.num_read, 'file')} ({megabytes(verdict.num_bytes)}) read, "
    looked_at = f"{counted(verdict.num_looked_at, 'file')} of the size and time that were noted, "
    say([("verified", f"{read if verdict.num_read else ''}{looked_at if verdict.num_looked_at else ''}all as indexed")])


def check_duplicates(stored: StoredIndex, num_workers: int) -> None:
    """Compare the keys of all samples; ``UserError`` naming the first that is there twice."""
    with FileProgress("comparing") as progress:
        found = find_duplicates(stored, num_workers, progress)
    if found.num:
        raise UserError(
            f"{found.first}: has the key of {found.same_as}; so have {counted(found.num, 'sample')} in all that of an "
            "earlier one: remove them, unless shards name theirs alike"
        )
    say([("different", f"the keys of all {len(stored.index):,} samples")])


def say(lines: list[tuple[str, str]]) -> None:
    """Print names and values in two columns."""
    for name, value in lines:
        print(f"{name:9}  {value}")


def index_lines(stored: StoredIndex) -> list[tuple[str, str]]:
    """Say what an index holds."""
    description = stored.description
    lines = [
        ("samples", f"{description.num_rows:,} in {counted(description.num_files, 'file')} below {description.root}"),
        ("classes", classes_text(description.class_names)),
    ]
    if stored.index.columns:
        lines.append(("columns", ", ".join(stored.index.columns)))
    return [*lines, ("first", stored.index.name(0))]
