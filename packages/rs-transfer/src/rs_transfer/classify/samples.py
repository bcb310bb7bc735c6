"""The images of a transfer: those to learn from, those to judge by, and the test images, which are opened last."""

from pathlib import Path
from typing import NamedTuple

from rs_core.data.index import SampleIndex
from rs_core.train import classify
from rs_core.train.classify import is_built_in
from rs_transfer.classify.cifar100 import index_cifar100, is_cifar100
from rs_transfer.classify.config import ClassifyDataConfig
from rs_transfer.classify.rows import draw_labelled, draw_split, some_rows
from rs_transfer.digits import TARGET, index_some_digits

LABELLED_DIGITS = 5


class Labelled(NamedTuple):
    """Training images with labels, and what they are in words."""

    samples: SampleIndex
    in_words: str


class Parts(NamedTuple):
    """Training images, cut into those to learn from and those to judge by."""

    learned: SampleIndex
    judged: SampleIndex


def open_labelled(data: ClassifyDataConfig, seed: int) -> Labelled:
    """Open the training images that have labels; which they are follows from the seed.

    Raises:
        UserError: nothing there, or fewer images of a class than asked for.
    """
    samples, in_words = open_training(data)
    per_class = data.labels_per_class
    if per_class < 0:
        per_class = LABELLED_DIGITS if is_built_in(data) else 0
    if per_class:
        samples = some_rows(samples, draw_labelled(samples, per_class, seed))
        in_words += f", {per_class} labelled images of each class"
    return Labelled(samples, in_words)


def open_training(data: ClassifyDataConfig) -> Labelled:
    """Open all training images."""
    if is_built_in(data):
        return Labelled(index_some_digits("train", TARGET), "the built-in digits 5 to 9")
    if is_cifar100(Path(data.root)):
        return Labelled(*index_cifar100(Path(data.root), "train"))
    return Labelled(classify.open_training(data), data.trained_on)


def open_test(data: ClassifyDataConfig, class_names: tuple[str, ...]) -> SampleIndex:
    """Open the test images of these classes.

    Raises:
        UserError: nothing there, or images of other classes.
    """
    if is_built_in(data):
        return index_some_digits("val", TARGET)
    if is_cifar100(Path(data.root)):
        return index_cifar100(Path(data.root), "test").samples
    return classify.open_held_out(data, class_names)


def split(index: SampleIndex, data: ClassifyDataConfig, seed: int) -> Parts:
    """Cut training images in two by ``split_share``.

    Raises:
        UserError: no class has two images.
    """
    learned, judged = draw_split(index, data.split_share, seed)
    return Parts(some_rows(index, learned), some_rows(index, judged))


def refuse_missing_test(data: ClassifyDataConfig, class_names: tuple[str, ...]) -> None:
    """Refuse a data set without test images before anything is trained; no test image is read.

    Raises:
        UserError: nothing there, or images of other classes.
    """
    # The files of CIFAR-100 are seen to be there with its training images, and hold nothing but images.
    if not is_cifar100(Path(data.root)):
        open_test(data, class_names)
