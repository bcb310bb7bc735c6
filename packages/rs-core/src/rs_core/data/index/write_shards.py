"""Writing tar shards of any index: shuffled, in parallel, each whole or absent, and the same bytes every time."""

import csv
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from rs_core.atomic import write_atomically, write_text_atomically
from rs_core.data.index.build import OnProgress, no_progress
from rs_core.data.index.building import locked
from rs_core.data.index.byte_ranges import ByteRanges
from rs_core.data.index.listing import CLASSES, SAMPLES, SAMPLES_HEADER, SHARDS, SHARDS_HEADER
from rs_core.data.index.parallel import map_in_order
from rs_core.data.index.sample_index import NO_LABEL, SampleIndex
from rs_core.data.index.shrink import shrink
from rs_core.data.index.storage import file_state
from rs_core.data.index.tar_scan import ShardRows, scan_shard
from rs_core.data.order import Order
from rs_core.errors import UserError

SETTINGS = "settings.json"
# Samples that are read at a time: enough to join those that lie together in the source.
READ_ROWS = 64


@dataclass(frozen=True, kw_only=True)
class ShardConfig:
    """How shards are cut and what goes into them.

    Args:
        name: what their names start with.
        samples_per_shard: samples in each, but for the last.
        max_shard_mb: most megabytes of images in each, as they are before re-encoding; 0 for any.
        short_side: pixels; images whose short side is longer are re-encoded as JPEG with one of so many, the others
            stored as they are. 0 stores all as they are.
        quality: of JPEG, 1 to 95.
        seed: of the order of samples, which is shuffled so that neighbours are unrelated.
        shuffle: whether it is.
    """

    name: str
    samples_per_shard: int = 10_000
    max_shard_mb: int = 0
    short_side: int = 0
    quality: int = 90
    seed: int = 0
    shuffle: bool = True

    def __post_init__(self) -> None:
        """Refuse impossible settings with one line."""
        if not 1 <= self.quality <= 95:
            raise UserError(f"--quality {self.quality}: give 1 to 95; above 95 JPEG grows and gains nothing")
        if not self.name or "/" in self.name or self.name.startswith("."):
            raise UserError(f"--name {self.name!r}: give what the names of shards start with, such as train")


@dataclass(frozen=True, kw_only=True)
class ShardReport:
    """What was written.

    Args:
        num_samples: in all shards.
        num_bytes: of all shards.
        num_written: shards written now.
        num_kept: shards that an earlier call had written.
        undecodable: names of images that could not be re-encoded and are stored as they are.
    """

    num_samples: int
    num_bytes: int
    num_written: int
    num_kept: int
    undecodable: list[str]


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What a worker needs to write any of the shards; ``bounds`` are the positions where they begin and end."""

    index: SampleIndex
    out: Path
    config: ShardConfig
    bounds: NDArray[np.int64]

    @property
    def num_shards(self) -> int:
        return len(self.bounds) - 1

    def path(self, shard: int) -> Path:
        width = max(4, len(str(self.num_shards - 1)))
        return self.out / f"{self.config.name}-{shard:0{width}}.tar"

    def rows(self, shard: int) -> NDArray[np.int64]:
        return _rows_at(len(self.index), self.config, int(self.bounds[shard]), int(self.bounds[shard + 1]))


@dataclass(frozen=True, kw_only=True)
class _Shard:
    rows: ShardRows
    written: bool
    undecodable: list[str]


def write_shards(
    index: SampleIndex,
    out: Path,
    config: ShardConfig,
    num_workers: int = 1,
    on_progress: OnProgress = no_progress,
) -> ShardReport:
    """Write all samples of an index as tar shards into the folder ``out``, with lists of what is in them.

    A shard that is there already is kept: after a kill, the same call writes what is missing, and the result is the
    same. Labels are class indices in ``.cls`` members, their names in ``classes.txt``; see
    ``rs_core.data.index.listing`` for the other lists.

    Args:
        index: the samples.
        out: folder of the shards.
        config: how.
        num_workers: processes.
        on_progress: told how far it is.

    Raises:
        UserError: ``out`` holds shards of another set or other settings, a sample cannot be read, or the disk is full.
    """
    job = _Job(index=index, out=out, config=config, bounds=_bounds(index, config))
    with locked(out):
        _check_same_settings(job)
        for left_over in out.glob(".*.partial"):
            left_over.unlink()
        if index.class_names:
            write_text_atomically(out / CLASSES, "".join(f"{name}\n" for name in index.class_names))
        shards: list[_Shard] = []
        write_atomically(out / SAMPLES, lambda file: _write_all(job, file, shards, num_workers, on_progress))
        _write_table_of_shards(job, shards)
    return ShardReport(
        num_samples=len(index),
        num_bytes=sum(shard.rows.state.size for shard in shards),
        num_written=sum(shard.written for shard in shards),
        num_kept=sum(not shard.written for shard in shards),
        undecodable=[name for shard in shards for name in shard.undecodable],
    )


def _bounds(index: SampleIndex, config: ShardConfig) -> NDArray[np.int64]:
    """Return the positions where shards begin, int64 [shards + 1], with the number of rows at the end."""
    num_rows = len(index)
    if not config.max_shard_mb:
        return np.append(np.arange(0, num_rows, config.samples_per_shard), num_rows)
    bounds, num_bytes = [0], 0
    ordered = _sizes(index)[_rows_at(num_rows, config, 0, num_rows)]
    for position, size in enumerate(ordered.tolist()):
        too_large = num_bytes + size > config.max_shard_mb * 10**6 and position > bounds[-1]
        if too_large or position - bounds[-1] == config.samples_per_shard:
            bounds.append(position)
            num_bytes = 0
        num_bytes += size
    return np.array([*bounds, num_rows], np.int64)


def _sizes(index: SampleIndex) -> NDArray[np.int64]:
    """Return the bytes of each sample."""
    if isinstance(index.source, ByteRanges):
        return index.source.length
    return np.array([file_state(index.name(row)).size for row in range(len(index))], np.int64)


def _rows_at(num_rows: int, config: ShardConfig, start: int, stop: int) -> NDArray[np.int64]:
    positions = np.arange(start, stop)
    return Order(num_rows=num_rows, seed=config.seed).rows_at(positions) if config.shuffle else positions


def _check_same_settings(job: _Job) -> None:
    """Note the settings beside the shards, or compare them with those that are noted there."""
    path = job.out / SETTINGS
    ours = {**asdict(job.config), "num_samples": len(job.index), "num_classes": len(job.index.class_names)}
    if path.exists():
        try:
            theirs: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise UserError(f"{path}: damaged; write the shards into another folder") from None
        for name, value in ours.items():
            if theirs.get(name) != value:
                raise UserError(
                    f"{job.out}: holds shards with {name} {theirs.get(name)}, not {value}; "
                    "give another folder, or the same settings to go on"
                )
    elif any(job.out.glob("*.tar")):
        raise UserError(f"{job.out}: holds shards of another origin; give another folder")
    else:
        write_text_atomically(path, json.dumps(ours, indent=1) + "\n")


def _write_all(job: _Job, file: BinaryIO, shards: list[_Shard], num_workers: int, on_progress: OnProgress) -> None:
    """Write missing shards, and the rows of all of them into ``file``; each shard is appended to ``shards``."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    table = csv.writer(text, lineterminator="\n")
    table.writerow(SAMPLES_HEADER)
    workers = min(num_workers, job.num_shards)
    num_samples = 0
    for number, shard in enumerate(map_in_order(_write_shard, job, range(job.num_shards), workers)):
        rows = shard.rows
        names = [job.path(number).name] * len(rows.offsets)
        columns = rows.offsets.tolist(), rows.lengths.tolist(), _labels(rows).tolist()
        table.writerows(zip(names, *columns, strict=True))
        shards.append(shard)
        num_samples += len(names)
        on_progress(number + 1, job.num_shards, num_samples)
    text.detach()


def _labels(rows: ShardRows) -> NDArray[np.int64]:
    labels = np.array([*(int(label) for label in rows.labels if label is not None), NO_LABEL], np.int64)
    return labels[rows.label_ids]


def _write_table_of_shards(job: _Job, shards: list[_Shard]) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(SHARDS_HEADER)
    for number, shard in enumerate(shards):
        rows = shard.rows
        table.writerow([job.path(number).name, rows.state.size, rows.crc32, len(rows.offsets)])
    write_text_atomically(job.out / SHARDS, text.getvalue())


def _write_shard(job: _Job, shard: int) -> _Shard:
    """Write a shard unless it is there, and scan it as it is on the disk."""
    path = job.path(shard)
    undecodable: list[str] = []
    written = not path.exists()
    if written:
        write_atomically(path, lambda file: undecodable.extend(_write_members(job, job.rows(shard), file)))
    rows = scan_shard(str(path))
    if len(rows.offsets) != len(job.rows(shard)):
        raise UserError(f"{path}: holds {len(rows.offsets)} samples, not {len(job.rows(shard))}; remove it and go on")
    return _Shard(rows=rows, written=written, undecodable=undecodable)


def _write_members(job: _Job, rows: NDArray[np.int64], file: BinaryIO) -> Iterator[str]:
    """Write the members of a shard; yield the names of images that could not be re-encoded."""
    keys: set[str] = set()
    # Headers grow long names only where there are any, and hold nothing of this machine or day.
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as archive:
        for start in range(0, len(rows), READ_ROWS):
            part = rows[start : start + READ_ROWS]
            for row, data in zip(part.tolist(), job.index.read_rows(part), strict=True):
                if isinstance(data, UserError):
                    raise data
                name = job.index.name(row)
                label = int(job.index.labels[row])
                stem, extension = member_name(name, flat=label == NO_LABEL)
                stem = f"{stem}-{row}" if stem in keys else stem
                keys.add(stem)
                small = shrink(data, name, job.config.short_side, job.config.quality) if job.config.short_side else data
                if small is None:
                    yield name
                changed = small is not None and small is not data
                _add(archive, f"{stem}{'.jpg' if changed else extension}", small if small is not None else data)
                if label != NO_LABEL:
                    _add(archive, f"{stem}.cls", str(label).encode())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def member_name(name: str, *, flat: bool) -> tuple[str, str]:
    """Return stem and extension of the member for a sample: its folder and file, with one dot only.

    ``flat`` leaves no folder in it: a sample without a label would get one from there.

    >>> member_name("/data/train/n01440764/n01440764_1.small.JPEG", flat=False)
    ('n01440764/n01440764_1_small', '.jpeg')
    >>> member_name("old-03.tar: a/b.png", flat=True)
    ('a_b', '.png')
    """
    *_, folder, last = ["", *name.rpartition(".tar: ")[2].split("/")]
    stem, _, extension = last.rpartition(".")
    folder = folder.replace(".", "_")
    stem = stem.replace(".", "_")
    joint = "_" if flat else "/"
    return (f"{folder}{joint}{stem}" if folder else stem), f".{extension.lower()}"
