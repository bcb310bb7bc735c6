"""A teacher's answer sums to one over the classes of images; its fingerprint changes with whatever changes it."""

import dataclasses

import torch

from rs_core.data.preprocessing import Preprocessing, normalize
from rs_core.models.config import ResNetConfig
from rs_semisup.teacher import Teacher, load_teacher
from rs_semisup.teacher.teacher import teacher_fingerprint


class Linear(torch.nn.Module):
    """The mean colour times a matrix."""

    def __init__(self, num_logits):
        super().__init__()
        self.layer = torch.nn.Linear(3, num_logits)

    def forward(self, images):
        return self.layer(images.mean((2, 3)))


def linear_teacher(num_logits=4, **preprocessing):
    torch.manual_seed(0)
    input_ = Preprocessing(resolution=8, **preprocessing)
    names = tuple("abcdef"[: num_logits - input_.class_offset])
    return Teacher(
        name="linear", architecture="linear", model=Linear(num_logits), preprocessing=input_, class_names=names
    )


IMAGES = torch.randint(0, 256, (5, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_the_answer_is_the_softmax_of_the_logits():
    teacher = linear_teacher()
    logits = teacher.model(normalize(IMAGES, teacher.preprocessing.mean, teacher.preprocessing.std))
    torch.testing.assert_close(teacher.log_probabilities(IMAGES).exp(), logits.softmax(1))


def test_a_background_is_left_out_and_the_classes_sum_to_one():
    teacher = linear_teacher(class_offset=1)
    logits = teacher.model(normalize(IMAGES, teacher.preprocessing.mean, teacher.preprocessing.std))
    with_background = logits.softmax(1)
    without = with_background[:, 1:] / (1 - with_background[:, :1])
    torch.testing.assert_close(teacher.log_probabilities(IMAGES).exp(), without)


def test_the_fingerprint_tells_weights_input_classes_and_architecture_apart():
    teacher = linear_teacher()
    others = [
        dataclasses.replace(teacher, architecture="other"),
        dataclasses.replace(teacher, class_names=("a", "b", "c", "e")),
        dataclasses.replace(teacher, preprocessing=Preprocessing(resolution=9)),
        linear_teacher(5),
    ]
    changed = linear_teacher()
    with torch.no_grad():
        changed.model.layer.bias[2] += 1e-6
    fingerprints = {teacher_fingerprint(each) for each in (teacher, *others, changed)}
    assert len(fingerprints) == 6
    assert teacher_fingerprint(dataclasses.replace(linear_teacher(), name="other")) == teacher_fingerprint(teacher)


def test_a_teacher_of_ours_is_without_noise(teacher_file):
    teacher = load_teacher(str(teacher_file))
    assert not any(module.training for module in teacher.model.modules())
    assert teacher.architecture.startswith(ResNetConfig.__name__)
    images = torch.randint(0, 256, (2, 3, 24, 24), dtype=torch.uint8)
    with torch.inference_mode():
        assert torch.equal(teacher.log_probabilities(images), teacher.log_probabilities(images))
