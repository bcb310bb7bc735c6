"""The door to teachers, and what does not pass it."""

import pytest
from torch import nn

from rs_core import create_model
from rs_core.data.imagenet_classes import imagenet_class_names, imagenet_wordnet_ids
from rs_core.data.index import open_index
from rs_core.data.index.select_rows import SelectedRows, select_rows
from rs_core.data.index.store import open_stored
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.weights.pretrained import load_pretrained
from rs_core.weights.release import PretrainedModel, save_model
from rs_semisup.teacher import Teacher, load_teacher
from rs_semisup.teacher.load import refuse_other_classes


def test_a_file_of_weights_is_a_teacher(teacher_file):
    teacher = load_teacher(str(teacher_file))
    assert teacher.class_names == tuple("abcde")
    assert teacher.preprocessing.resolution == 24


def test_a_checkpoint_beside_a_teacher_of_ours_is_refused(teacher_file):
    with pytest.raises(UserError, match=r"--teacher_checkpoint goes with --teacher timm:NAME; leave it out"):
        load_teacher(str(teacher_file), "weights.pth")


def test_what_is_not_there_is_refused():
    with pytest.raises(UserError, match="nowhere"):
        load_teacher("nowhere")


def test_a_backbone_is_refused(teacher_file, tmp_path):
    trained = load_pretrained(teacher_file)
    model = create_model("resnet_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=0).eval()
    backbone = PretrainedModel(model=model, preprocessing=trained.preprocessing, class_names=(), origin=trained.origin)
    save_model(backbone, tmp_path / "backbone.safetensors")
    with pytest.raises(UserError, match="a backbone without a classifier"):
        load_teacher(str(tmp_path / "backbone.safetensors"))


@pytest.fixture
def index_of(pictures, tmp_path):
    """Gives what makes an index of some classes."""

    def make(class_names):
        out = tmp_path / f"index of {len(class_names)}"
        rows = open_index(pictures).labels[:3] * 0
        select_rows(open_stored(pictures), out, [SelectedRows(rows=rows, labels=rows)], class_names=tuple(class_names))
        return str(out)

    return make


def teacher_of(class_names):
    return Teacher(
        name="teacher",
        architecture="",
        model=nn.Identity(),
        preprocessing=Preprocessing(resolution=8),
        class_names=tuple(class_names),
    )


def test_a_teacher_of_another_number_of_classes_is_refused():
    refuse_other_classes(teacher_of("abc"), num_classes=3, classes_of="")
    refuse_other_classes(teacher_of("abc"), num_classes=0, classes_of="")
    with pytest.raises(UserError, match="teacher: knows 3 classes, not 4; give a teacher of the student's classes"):
        refuse_other_classes(teacher_of("abc"), num_classes=4, classes_of="")


def test_a_teacher_of_other_classes_than_an_index_is_refused(index_of):
    refuse_other_classes(teacher_of("abc"), num_classes=0, classes_of=index_of("abc"))
    for others in ("abd", "ab", "acb"):
        with pytest.raises(UserError, match=r"knows \d classes .* and .* has 3 \(a, b, c\)"):
            refuse_other_classes(teacher_of(others), num_classes=0, classes_of=index_of("abc"))


def test_of_a_teacher_whose_classes_are_numbers_only_their_number_counts(index_of):
    refuse_other_classes(teacher_of("012"), num_classes=0, classes_of=index_of("abc"))
    with pytest.raises(UserError, match="knows 4 classes"):
        refuse_other_classes(teacher_of("0123"), num_classes=0, classes_of=index_of("abc"))


def test_imagenet_may_go_by_names_or_by_wordnet_ids(index_of):
    index = index_of(imagenet_wordnet_ids())
    refuse_other_classes(teacher_of(imagenet_class_names()), num_classes=1000, classes_of=index)
    with pytest.raises(UserError, match="knows 1,000 classes"):
        refuse_other_classes(teacher_of(imagenet_class_names()[::-1]), num_classes=0, classes_of=index)
