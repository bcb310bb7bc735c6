"""When two data sets have the same classes."""

from rs_core.data.imagenet_classes import imagenet_class_names, imagenet_wordnet_ids


def same_classes(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether names are of the same classes in the same order; ImageNet's may be words or WordNet ids."""
    if one == other:
        return True
    return {one, other} == {imagenet_class_names(), imagenet_wordnet_ids()}
