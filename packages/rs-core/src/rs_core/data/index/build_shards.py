"""Building an index from tar shards: new and changed ones are scanned, the rest is taken from the old index."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path

import numpy as np

from rs_core.data.index.build import BuildConfig, BuildReport, Changes, OnProgress, no_progress
from rs_core.data.index.building import building
from rs_core.data.index.labels import LabelCollector
from rs_core.data.index.listing import class_names_beside
from rs_core.data.index.parallel import map_in_order
from rs_core.data.index.previous import Previous, class_names_for, open_previous, refuse_to_lose_columns
from rs_core.data.index.storage import NUM_QUESTIONS, file_state, is_remote, whole_path
from rs_core.data.index.tar_scan import ShardRows, scan_shard
from rs_core.data.index.writer import IndexWriter
from rs_core.errors import UserError


def index_shards(
    paths: Sequence[str], out: Path, config: BuildConfig, on_progress: OnProgress = no_progress
) -> BuildReport:
    """Index tar shards, local or remote, in the order given, into the folder ``out``.

    Shards in the same state as in the index that is there are not read.

    Raises:
        UserError: a shard is missing, damaged, empty or named twice, a label cannot be, ``out`` cannot be written,
            or the index there has columns that would be lost.
    """
    paths = list(map(whole_path, paths))
    _refuse_repeated(paths)
    with building(out):
        previous = open_previous(out, "shards", config)
        root = common_root(paths)
        names = config.class_names or class_names_beside(root) or class_names_for(config, previous)
        if previous and previous.has_other_classes(names):
            previous = None
        kept = _kept_shards(paths, previous)
        changes = _changes(paths, kept, previous)
        if previous and not changes.any and _same_result(kept, names, previous):
            return BuildReport(description=previous.stored.description, changes=changes, written=False)
        refuse_to_lose_columns(out, config)
        labels = LabelCollector(names)
        writer = IndexWriter(out, "shards", root, labels, with_labels=config.with_labels)
        notes = []
        for done, (path, shard) in enumerate(_all_rows(paths, kept, previous, config), start=1):
            _add(writer, path, shard)
            if shard.without_image:
                notes.append(_note(path, shard.without_image))
            on_progress(done, len(paths), writer.num_rows)
        return BuildReport(description=writer.finish(), changes=changes, written=True, notes=notes)


def common_root(paths: Sequence[str]) -> str:
    """Return the deepest folder or address that all paths are below, empty if there is none.

    >>> common_root(["s3://bucket/a/0.tar", "s3://bucket/b/0.tar"]), common_root(["/data/0.tar"])
    ('s3://bucket', '/data')
    """
    parts = paths[0].split("/")[:-1]
    for path in paths:
        alike = (mine == theirs for mine, theirs in zip(parts, path.split("/")[:-1], strict=False))
        parts = parts[: len(list(takewhile(bool, alike)))]
    # The host of an address is its third part.
    return "" if is_remote(paths[0]) and len(parts) < 3 else "/".join(parts) or "/"


def _refuse_repeated(paths: Sequence[str]) -> None:
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            raise UserError(f"{path}: named twice; name each shard once")
        seen.add(path)


def _kept_shards(paths: Sequence[str], previous: Previous | None) -> list[int | None]:
    """Give the number of each shard in the old index, ``None`` for those to scan."""
    if previous is None:
        return [None] * len(paths)
    with ThreadPoolExecutor(NUM_QUESTIONS) as pool:
        return list(map(previous.unchanged, paths, pool.map(file_state, paths)))


def _changes(paths: Sequence[str], kept: Sequence[int | None], previous: Previous | None) -> Changes:
    known = previous.file_of_path if previous else {}
    unchanged = sum(file is not None for file in kept)
    changed = sum(file is None and path in known for path, file in zip(paths, kept, strict=True))
    new = len(paths) - unchanged - changed
    return Changes(unchanged=unchanged, new=new, changed=changed, removed=len(known.keys() - set(paths)))


def _same_result(kept: Sequence[int | None], names: tuple[str, ...] | None, previous: Previous) -> bool:
    description = previous.stored.description
    same_classes = names == description.class_names if names is not None else not description.classes_given
    return list(kept) == list(range(len(previous.files))) and same_classes


def _all_rows(
    paths: Sequence[str], kept: Sequence[int | None], previous: Previous | None, config: BuildConfig
) -> Iterator[tuple[str, ShardRows]]:
    to_scan = [path for path, file in zip(paths, kept, strict=True) if file is None]
    scanned = map_in_order(_scan, config.with_labels, to_scan, min(config.num_workers, len(to_scan)))
    for path, file in zip(paths, kept, strict=True):
        yield path, _kept_rows(previous, file) if previous and file is not None else next(scanned)


def _scan(with_labels: bool, path: str) -> ShardRows:
    return scan_shard(path, with_labels=with_labels)


def _kept_rows(previous: Previous, file: int) -> ShardRows:
    rows = previous.rows(file)
    used, label_ids = np.unique(previous.stored.index.labels[rows], return_inverse=True)
    unlabelled = int(used[0] < 0)
    labels = [previous.labels[index] for index in used[unlabelled:].tolist()]
    return ShardRows(
        state=previous.files.state(file),
        crc32=int(previous.files.crc32s[file]),
        offsets=previous.stored.source.offset[rows],
        lengths=previous.stored.source.length[rows],
        label_ids=(label_ids - unlabelled).astype(np.int32),
        labels=labels,
        label_members=["in the index that is there; index again with --rescan"] * len(labels),
        without_image=[],
    )


def _add(writer: IndexWriter, path: str, shard: ShardRows) -> None:
    name = os.fsencode(path[len(writer.root.rstrip("/")) + 1 :] if writer.root else path)
    file = writer.add_files([name], [shard.state], [shard.crc32])
    ids = writer.labels.ids(shard.labels, lambda place: f"{path}: {shard.label_members[place]}")
    # -1, no label, stays so: it takes the last entry.
    ids = np.append(ids, np.int32(-1))[shard.label_ids]
    writer.add_rows(np.full(len(shard.offsets), file), shard.offsets, shard.lengths, ids)


def _note(path: str, keys: Sequence[str]) -> str:
    return f"{path}: {len(keys)} labels without an image passed over, such as that of {keys[0]}"
