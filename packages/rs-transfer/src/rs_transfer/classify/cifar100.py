"""CIFAR-100 as published: the folder ``cifar-100-python`` with the files ``train``, ``test`` and ``meta``.

torchvision reads it. Files with the published sums are CIFAR-100. Others are taken for a part of it, such as a sample
for tests, if they hold nothing but arrays and plain values and fewer images; then they are said to be a part.
"""

import io
import pickle
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torchvision.datasets import CIFAR100
from torchvision.datasets.utils import check_integrity

from rs_core.data.index import Blobs, ByteColumn, SampleIndex
from rs_core.errors import UserError

FOLDER: str = CIFAR100.base_folder
NUM_IMAGES = {"train": 50_000, "test": 10_000}
PUBLISHED_SUMS: dict[str, str] = dict(
    [*CIFAR100.train_list, *CIFAR100.test_list, (CIFAR100.meta["filename"], CIFAR100.meta["md5"])]
)
REMEDY = "unpack cifar-100-python.tar.gz anew"

# What pickles of NumPy arrays call, by old and new names.
HARMLESS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"),
    ("_codecs", "encode"),
}

Split = Literal["train", "test"]


class Cifar100(NamedTuple):
    """Images of CIFAR-100 with their fine labels, and in words how many of them are here."""

    samples: SampleIndex
    in_words: str


class Part(CIFAR100):  # type: ignore[misc]  # torchvision has no types
    """Files of CIFAR-100 that hold a part of its images, so that their sums are not known."""

    train_list = [["train", None]]  # noqa: RUF012  # as torchvision has it
    test_list = [["test", None]]  # noqa: RUF012
    meta = {**CIFAR100.meta, "md5": None}  # noqa: RUF012


def is_cifar100(root: Path) -> bool:
    """Tell whether a folder is one that CIFAR-100 was unpacked into."""
    return (root / FOLDER).is_dir()


def index_cifar100(root: Path, split: Split) -> Cifar100:
    """Read the training or the test images of ``root/cifar-100-python`` as PNG in memory.

    Raises:
        UserError: a file is missing or damaged.
    """
    folder = root / FOLDER
    for name in PUBLISHED_SUMS:
        if not (folder / name).is_file():
            raise UserError(f"{folder / name}: no such file; {REMEDY} into {root}")
    whole = all(check_integrity(folder / name, md5) for name, md5 in PUBLISHED_SUMS.items())
    if not whole:
        refuse_damaged(folder, split)
    images = (CIFAR100 if whole else Part)(root, train=split == "train")
    kind = "training" if split == "train" else "test"
    in_words = "CIFAR-100"
    if len(images.data) < NUM_IMAGES[split]:
        in_words = f"this is not the whole of CIFAR-100: {len(images.data):,} of {NUM_IMAGES[split]:,} {kind} images"
    index = SampleIndex(
        source=Blobs(
            images=ByteColumn.pack(map(png, images.data)),
            names=ByteColumn.pack(f"{folder / split}, image {row}".encode() for row in range(len(images.data))),
        ),
        labels=np.array(images.targets, np.int64),
        class_names=tuple(images.classes),
    )
    return Cifar100(index, in_words)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode pixels [32, 32, 3]."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", compress_level=1)
    return stream.getvalue()


def refuse_damaged(folder: Path, split: Split) -> None:
    """Refuse files that are neither those of CIFAR-100 nor a part of them.

    Raises:
        UserError: naming the file and what is wrong with it.
    """
    names = read_plain(folder / "meta").get("fine_label_names")
    if not isinstance(names, list) or len(names) != 100 or not all(isinstance(name, str) for name in names):
        raise damaged(folder / "meta", "it does not name 100 fine classes")
    path = folder / split
    if check_integrity(path, PUBLISHED_SUMS[split]):
        return
    content = read_plain(path)
    pixels, labels = content.get("data"), content.get("fine_labels")
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[1:] != (3072,) or not len(pixels):
        raise damaged(path, "it holds no table of 32x32 RGB images")
    if not isinstance(labels, list) or len(labels) != len(pixels):
        raise damaged(path, f"it does not hold a fine label for each of its {len(pixels):,} images")
    if not all(isinstance(label, int) and 0 <= label < 100 for label in labels):
        raise damaged(path, "a fine label is not one of 0 to 99")
    if len(pixels) >= NUM_IMAGES[split]:
        raise damaged(path, f"{len(pixels):,} images, but not the published MD5 sum {PUBLISHED_SUMS[split]}")


def read_plain(path: Path) -> dict[str, Any]:
    """Read a pickle of arrays and plain values.

    Raises:
        UserError: it cannot be read, or holds something else, which could run code.
    """
    try:
        with path.open("rb") as file:
            content = PlainUnpickler(file, encoding="latin1").load()
    except pickle.UnpicklingError as error:
        raise damaged(path, str(error)) from None
    except (EOFError, ValueError, TypeError, AttributeError, IndexError, KeyError, MemoryError) as error:
        raise damaged(path, f"it is cut off or changed ({type(error).__name__})") from None
    if not isinstance(content, dict):
        raise damaged(path, "it holds no table")
    return content


class PlainUnpickler(pickle.Unpickler):
    """Builds arrays and plain values, and nothing that could run code."""

    def find_class(self, module: str, name: str) -> Any:
        """Find what arrays are made with; refuse all else."""
        if (module, name) in HARMLESS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no file of CIFAR-100 does")


def damaged(path: Path, reason: str) -> UserError:
    """Say what is wrong with a file, and what to do."""
    return UserError(f"{path}: not CIFAR-100 ({reason}); {REMEDY}")
