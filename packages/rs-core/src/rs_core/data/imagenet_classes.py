"""ImageNet's 1,000 classes, in the order of the labels, which is that of their WordNet ids.

The names are the first WordNet lemma of each class, told apart where two are the same ("crane bird" and "crane"), as
listed by torchvision (torchvision/models/_meta.py); the ids name the class folders of the data set, as listed by timm
(timm/data/_info/imagenet_synsets.txt).
"""

from importlib.resources import files


def imagenet_class_names() -> tuple[str, ...]:
    """Return the 1,000 names; label ``i`` is called ``names[i]``.

    >>> imagenet_class_names()[:2]
    ('tench', 'goldfish')
    """
    return tuple(line.partition(" ")[2] for line in lines())


def imagenet_wordnet_ids() -> tuple[str, ...]:
    """Return the 1,000 WordNet ids, by which the folders of ImageNet are called.

    >>> imagenet_wordnet_ids()[:2]
    ('n01440764', 'n01443537')
    """
    return tuple(line.partition(" ")[0] for line in lines())


def lines() -> list[str]:
    """Read the table: an id, a blank, a name."""
    return files("rs_core.data").joinpath("imagenet_classes.txt").read_text("utf-8").splitlines()
