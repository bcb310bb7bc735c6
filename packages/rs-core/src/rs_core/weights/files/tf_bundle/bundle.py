"""A whole checkpoint: the index in memory, the data files as memory maps."""

import math
from pathlib import Path

from rs_core.errors import UserError
from rs_core.weights.files.tensor_file import TensorFile
from rs_core.weights.files.tf_bundle.data_file import DTYPES, DataFile, map_file
from rs_core.weights.files.tf_bundle.errors import DamageError, FormError
from rs_core.weights.files.tf_bundle.index import Entry, read_index


def open_tf_bundle(prefix: Path) -> TensorFile:
    """Open the checkpoint whose files are ``prefix.index`` and ``prefix.data-00000-of-00001`` or more of them.

    The index is read and verified whole, the data files are only mapped; the checksum of a tensor is verified when it
    is read. Entries that hold no numbers, such as the description of an object graph, are listed in
    ``metadata["not_read"]``.

    Raises:
        UserError: a file is missing, cut off or damaged, or in a form that is not read here.
    """
    index = prefix.with_name(f"{prefix.name}.index")
    num_shards, entries = load_index(index)
    tensors = {entry.name: entry for entry in entries if entry.dtype in DTYPES}
    for entry in tensors.values():
        check_size(entry, index)
    data_files = open_data_files(prefix, num_shards, list(tensors.values()))
    others = [entry.name for entry in entries if entry.dtype not in DTYPES]
    return TensorFile(
        prefix,
        {name: entry.shape for name, entry in tensors.items()},
        lambda name: data_files[tensors[name].shard].read(tensors[name]),
        {"not_read": ", ".join(others)} if others else {},
    )


def open_tf_table(path: Path) -> TensorFile:
    """Say what to do with a table of TensorFlow's that does not have the name of an index.

    Raises:
        UserError: always. It is a checkpoint in the old V1 format, or an index under another name.
    """
    load_index(path)
    raise UserError(f"{path}: the index of a checkpoint under another name; call it PREFIX.index beside its data files")


def load_index(path: Path) -> tuple[int, list[Entry]]:
    """Read an index file; give the number of data files and the tensors."""
    if not path.is_file():
        raise UserError(f"{path}: the index of the checkpoint is missing; put it beside its data files")
    try:
        return read_index(map_file(path))
    except DamageError as error:
        raise UserError(f"{path}: not readable as the index of a checkpoint: {error}; copy it again") from None
    except FormError as error:
        raise UserError(f"{path}: {error}, which is not read here; {how_to_rewrite(path)}") from None


def how_to_rewrite(path: Path) -> str:
    """Say how TensorFlow, which reads every form of its checkpoints, writes the one form that is read here."""
    old = str(path.with_suffix("") if path.suffix == ".index" else path)
    return (
        f"write it anew with TensorFlow: reader = tf.train.load_checkpoint({old!r}); "
        "names = list(reader.get_variable_to_shape_map()); "
        f"tf.raw_ops.SaveV2(prefix={old + '-new'!r}, tensor_names=names, shape_and_slices=[''] * len(names), "
        "tensors=[reader.get_tensor(name) for name in names])"
    )


def check_size(entry: Entry, index: Path) -> None:
    """Refuse a tensor whose bytes do not fill its shape, or whose strides would overflow."""
    num_bytes = math.prod(entry.shape) * DTYPES[entry.dtype].itemsize
    if num_bytes != entry.num_bytes or math.prod(size for size in entry.shape if size) >= 2**63:
        raise UserError(
            f"{index}: damaged, {entry.num_bytes} bytes are not a tensor {entry.name!r} of shape {list(entry.shape)}; "
            "copy the checkpoint again"
        )


def open_data_files(prefix: Path, num_shards: int, entries: list[Entry]) -> dict[int, DataFile]:
    """Map the data files that hold tensors, and make sure that none is missing or cut off."""
    num_bytes: dict[int, int] = {}
    for entry in entries:
        num_bytes[entry.shard] = max(num_bytes.get(entry.shard, 0), entry.offset + entry.num_bytes)
    return {
        shard: open_data_file(prefix.with_name(f"{prefix.name}.data-{shard:05d}-of-{num_shards:05d}"), size)
        for shard, size in sorted(num_bytes.items())
    }


def open_data_file(path: Path, num_bytes: int) -> DataFile:
    """Map one data file that has at least a number of bytes."""
    if not path.is_file():
        raise UserError(f"{path}: this data file of the checkpoint is missing; put it beside the index")
    if path.stat().st_size < num_bytes:
        raise UserError(f"{path}: cut off, {path.stat().st_size} bytes of {num_bytes} are here; copy it again")
    return DataFile(path)
