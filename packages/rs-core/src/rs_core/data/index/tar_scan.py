"""Scanning a tar shard: where each image lies, its label, and the checksum of the whole, in one pass."""

import json
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rs_core.data.index.image_names import IMAGE_EXTENSIONS
from rs_core.data.index.labels import Label, label_of_text
from rs_core.data.index.sample_index import NO_LABEL
from rs_core.data.index.storage import FileState, file_state, open_stream, unreadable
from rs_core.data.index.tar_stream import Member, TarStream
from rs_core.errors import UserError

LABEL_EXTENSIONS = (".cls", ".json")


@dataclass(frozen=True, kw_only=True)
class ShardRows:
    """The images of a shard in their order.

    ``offsets`` and ``lengths`` are int64 [rows]. ``label_ids``, int32 [rows], are places in ``labels``, ``NO_LABEL``
    for none. ``label_members`` names a member with each of ``labels``; ``without_image`` holds keys without an image.
    """

    state: FileState
    crc32: int
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    label_ids: NDArray[np.int32]
    labels: list[Label]
    label_members: list[str]
    without_image: list[str]


@dataclass
class _Sample:
    image: Member | None = None
    labels: dict[str, Member] = field(default_factory=dict)


class SplitName(NamedTuple):
    """The name of a member as the WebDataset convention takes it apart."""

    folder: str
    key: str
    extension: str


def split_name(name: str) -> SplitName:
    """Take the name of a member apart: the key ends at the first dot of its last part.

    >>> split_name("./train/n01440764/10026.jpg")
    SplitName(folder='n01440764', key='train/n01440764/10026', extension='.jpg')
    >>> split_name("0001.seg.png").extension
    '.seg.png'
    """
    folders, _, last = name.removeprefix("./").rpartition("/")
    stem, dot, extension = last.partition(".")
    key = f"{folders}/{stem}" if folders else stem
    return SplitName(folders.rpartition("/")[2], key, (dot + extension).lower())


def scan_shard(path: str, *, with_labels: bool = True) -> ShardRows:
    """Scan a shard by the WebDataset convention.

    Members whose names agree up to the first dot of their last part are a sample. Its image is the member with one of
    ``IMAGE_EXTENSIONS``. Its label is the text of its ``.cls`` member; else ``"label"`` of its ``.json`` member; else
    the folder that its name lies in; else it has none. Hidden members, whose names start with a dot, are passed over.

    Raises:
        UserError: the shard is no whole plain tar, a key has two images or labels, or an image is stored as a link.
    """
    state = file_state(path)
    samples: dict[str, _Sample] = {}
    with open_stream(path) as stream:
        tar = TarStream(path, stream)
        try:
            for member in tar.members(lambda name: with_labels and split_name(name).extension in LABEL_EXTENSIONS):
                _sort_in(path, member, samples)
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error
    if tar.position != state.size:
        raise UserError(f"{path}: is being written; index it when it is whole")
    if not any(sample.image for sample in samples.values()):
        extensions = ", ".join(IMAGE_EXTENSIONS)
        raise UserError(f"{path}: no images; names of images have {extensions} right after their first dot")
    return _rows(path, samples, state, tar.crc32, with_labels)


def _sort_in(path: str, member: Member, samples: dict[str, _Sample]) -> None:
    name = split_name(member.name)
    is_image = name.extension in IMAGE_EXTENSIONS
    if name.key.rpartition("/")[2] == "" or not (is_image or name.extension in LABEL_EXTENSIONS):
        return
    sample = samples.setdefault(name.key, _Sample())
    if is_image:
        if sample.image:
            both = f"{sample.image.name} and {member.name}"
            raise UserError(f"{path}: two images with the key {name.key!r}, {both}; rename one of them")
        if member.kind != "0":
            what = "a file with holes" if member.kind == "S" else "a link"
            raise UserError(f"{path}: {member.name} is stored as {what}; write the shard with whole files")
        sample.image = member
    else:
        if name.extension in sample.labels:
            raise UserError(f"{path}: {member.name} is there twice; remove one of them")
        sample.labels[name.extension] = member


def _rows(path: str, samples: dict[str, _Sample], state: FileState, crc32: int, with_labels: bool) -> ShardRows:
    whole = [sample for sample in samples.values() if sample.image]
    whole.sort(key=lambda sample: sample.image.offset if sample.image else 0)
    images = [sample.image for sample in whole if sample.image]
    id_of: dict[Label, int] = {None: NO_LABEL}
    label_members: list[str] = []
    label_ids = np.full(len(images), NO_LABEL, np.int32)
    for row, sample in enumerate(whole if with_labels else ()):
        label, member = _label(path, sample)
        if label not in id_of:
            id_of[label] = len(label_members)
            label_members.append(member)
        label_ids[row] = id_of[label]
    return ShardRows(
        state=state,
        crc32=crc32,
        offsets=np.array([image.offset for image in images], np.int64),
        lengths=np.array([image.size for image in images], np.int64),
        label_ids=label_ids,
        labels=[label for label in id_of if label is not None],
        label_members=label_members,
        without_image=[key for key, sample in samples.items() if not sample.image],
    )


def _label(path: str, sample: _Sample) -> tuple[Label, str]:
    """Return the label of a sample and the name of the member that tells it."""
    try:
        if member := sample.labels.get(".cls"):
            return label_of_text(member.content.decode()), member.name
        if member := sample.labels.get(".json"):
            content = json.loads(member.content)
            if isinstance(content, dict) and "label" in content:
                return _label_of_json(content["label"]), member.name
    except ValueError as error:
        name = member.name if member else ""
        raise UserError(f"{path}: {name} holds no label ({error}); give a class index or name") from error
    image = sample.image.name if sample.image else ""
    return split_name(image).folder or None, image


def _label_of_json(value: object) -> Label:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return None if value == NO_LABEL else value
    if isinstance(value, str):
        return label_of_text(value)
    raise ValueError(f"its label is {json.dumps(value)[:40]}")
