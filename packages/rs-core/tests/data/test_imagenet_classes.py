"""ImageNet's class names, against torchvision's list and the photos' labels."""

import csv
from pathlib import Path

import timm
from torchvision.models._meta import _IMAGENET_CATEGORIES

from rs_core.data.imagenet_classes import imagenet_class_names, imagenet_wordnet_ids


def test_the_names_are_torchvisions_in_its_order():
    assert imagenet_class_names() == tuple(_IMAGENET_CATEGORIES)


def test_the_ids_are_timms_in_its_order():
    listed = Path(timm.__file__).parent / "data/_info/imagenet_synsets.txt"
    assert imagenet_wordnet_ids() == tuple(listed.read_text().split())


def test_no_two_classes_share_a_name():
    assert len(set(imagenet_class_names())) == 1000


def test_the_order_is_that_of_the_labels_of_real_photos(shared):
    names = imagenet_class_names()
    with (shared / "data/imagenet_photos/labels.csv").open() as table:
        photos = list(csv.DictReader(table))
    assert all(imagenet_wordnet_ids()[int(photo["ilsvrc_index"])] == photo["wnid"] for photo in photos)
    rows = [(int(photo["ilsvrc_index"]), photo["name"].replace("_", " ").lower()) for photo in photos]
    # The table does not tell the two cranes apart.
    assert {(names[label], name) for label, name in rows if names[label].lower() != name} == {("crane bird", "crane")}
