"""What is looked for in a VOCdevkit before anything is trained on it."""

from xml.etree import ElementTree

import pytest
from PIL import Image

from rs_core.errors import UserError
from rs_transfer.detect.check import check_voc

SET = "VOC2007/trainval"
BOX = {"xmin": 3, "ymin": 4, "xmax": 20, "ymax": 30}


def annotation(name="dog", **changes):
    root = ElementTree.Element("annotation")
    found = ElementTree.SubElement(root, "object")
    ElementTree.SubElement(found, "name").text = name
    box = ElementTree.SubElement(found, "bndbox")
    for side, value in {**BOX, **changes}.items():
        ElementTree.SubElement(box, side).text = str(value)
    return ElementTree.tostring(root)


@pytest.fixture
def voc(tmp_path):
    """A VOCdevkit of two images of 40 x 50 pixels with a dog each."""
    year = tmp_path / "VOCdevkit/VOC2007"
    for folder in ("ImageSets/Main", "JPEGImages", "Annotations"):
        (year / folder).mkdir(parents=True)
    (year / "ImageSets/Main/trainval.txt").write_text("000001\n000002\n")
    for name in ("000001", "000002"):
        Image.new("RGB", (40, 50)).save(year / f"JPEGImages/{name}.jpg")
        (year / f"Annotations/{name}.xml").write_bytes(annotation())
    return year.parent


def refusal(voc, **options):
    with pytest.raises(UserError) as caught:
        check_voc(voc, [SET], options.get("class_names", ("dog", "cat")))
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{voc}/", "")


def test_a_whole_data_set_passes(voc):
    check_voc(voc, [SET], ("dog", "cat"))


def test_a_missing_list_is_named_with_what_root_means(voc):
    (voc / "VOC2007/ImageSets/Main/trainval.txt").unlink()
    assert refusal(voc).startswith("VOC2007/ImageSets/Main/trainval.txt: not there; root is the VOCdevkit")


def test_an_empty_list_is_refused(voc):
    (voc / "VOC2007/ImageSets/Main/trainval.txt").write_text("\n")
    assert refusal(voc).startswith("VOC2007/ImageSets/Main/trainval.txt: empty")


def test_a_missing_image_or_annotation_is_named(voc):
    (voc / "VOC2007/Annotations/000002.xml").unlink()
    assert refusal(voc).startswith("VOC2007/Annotations/000002.xml: not there, but a list names its image")
    (voc / "VOC2007/JPEGImages/000001.jpg").unlink()
    assert refusal(voc).startswith("VOC2007/JPEGImages/000001.jpg: not there, but a list names it")


@pytest.mark.parametrize("content", [b"", b"not an image"])
def test_a_file_that_is_no_image_is_named(voc, content):
    (voc / "VOC2007/JPEGImages/000001.jpg").write_bytes(content)
    assert refusal(voc).startswith("VOC2007/JPEGImages/000001.jpg: not a readable image")


@pytest.mark.parametrize("content", [b"", b"<annotation>", annotation(xmin="left")])
def test_a_damaged_annotation_is_named(voc, content):
    (voc / "VOC2007/Annotations/000001.xml").write_bytes(content)
    assert refusal(voc).startswith("VOC2007/Annotations/000001.xml: not an annotation of Pascal VOC")


@pytest.mark.parametrize("change", [{"xmax": 60}, {"ymin": -5}, {"xmax": 2}])
def test_a_box_outside_its_image_or_turned_round_is_named(voc, change):
    (voc / "VOC2007/Annotations/000001.xml").write_bytes(annotation(**change))
    message = refusal(voc)
    assert message.startswith("VOC2007/Annotations/000001.xml: the box of 'dog'")
    assert "not inside the image of 40 x 50 pixels or ends before it begins" in message


def test_a_box_may_count_its_pixels_from_0_or_from_1(voc):
    (voc / "VOC2007/Annotations/000001.xml").write_bytes(annotation(xmin=0, ymin=0, xmax=40, ymax=50))
    check_voc(voc, [SET], ("dog",))


def test_class_names_that_no_object_has_are_refused_with_those_that_are_there(voc):
    assert refusal(voc, class_names=("bear",)) == f"{voc}: no object of bear, but dog; give class_names as they stand"


@pytest.mark.parametrize("folder", ["bccd", "voc_real"])
def test_real_data_sets_pass(shared, folder):
    (year,) = [path.parent.parent for path in (shared / "data" / folder).rglob("ImageSets/Main")]
    split = next(iter(sorted((year / "ImageSets/Main").glob("train*.txt"))))
    names = ("RBC", "WBC", "Platelets", "dog", "person", "car", "chair", "aeroplane", "horse", "bird")
    check_voc(year.parent, [f"{year.name}/{split.stem}"], names)
