"""Distillation against its formula, and what a teacher sees, keeps and must know."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from rs_core.data.imagenet_classes import imagenet_class_names, imagenet_wordnet_ids
from rs_core.data.preprocessing import Preprocessing
from rs_core.models import build_model
from rs_core.recipes import DistillationConfig
from rs_core.train.checkpoint import list_checkpoints, load_checkpoint
from rs_core.train.classify import Classification
from rs_core.train.distill import by_wordnet_id, distillation_loss, load_teacher
from rs_core.train.loop import resume, train
from rs_core.train.metrics import read_metrics
from rs_core.weights.release import Origin, PretrainedModel, save_model

CPU = torch.device("cpu")
DIGITS = tuple("0123456789")


@pytest.fixture
def write_teacher(tiny_config, tmp_path):
    """Write a network with random weights as a teacher, and give its name."""

    def write(class_names=DIGITS, model=None, **preprocessing):
        input_ = Preprocessing(**{"resolution": 16, **preprocessing})
        num_classes = len(class_names) + input_.class_offset
        torch.manual_seed(1)
        network = build_model(dataclasses.replace(model or tiny_config.model, num_classes=num_classes))
        path = tmp_path / "teacher.safetensors"
        trained = PretrainedModel(
            model=network.eval(), preprocessing=input_, class_names=class_names, origin=Origin(recipe="teacher")
        )
        save_model(trained, path)
        return str(path)

    return write


def distilled(config, teacher, **changes):
    return dataclasses.replace(config, distillation=DistillationConfig(teacher=teacher, **changes))


def losses(directory):
    return {row["step"]: row["train/loss"] for row in read_metrics(directory) if "train/loss" in row}


@pytest.mark.parametrize("temperature", [1.0, 4.0, 20.0])
def test_the_loss_is_the_formula(temperature):
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(2, 4, 7))

    def softmax(logits):
        exponentials = np.exp(logits / temperature)
        return exponentials / exponentials.sum(1, keepdims=True)

    by_hand = -(softmax(teacher) * np.log(softmax(student))).sum(1).mean() * temperature**2
    ours = distillation_loss(torch.tensor(student), torch.tensor(teacher), temperature)
    assert ours.item() == pytest.approx(by_hand)


def test_at_a_high_temperature_it_pulls_with_the_difference_of_logits_over_the_classes():
    generator = torch.Generator().manual_seed(0)
    teacher = torch.randn(1, 10, generator=generator, dtype=torch.float64)
    student = torch.randn(1, 10, generator=generator, dtype=torch.float64, requires_grad=True)
    distillation_loss(student, teacher, 1e4).backward()
    difference = student.detach() - teacher
    torch.testing.assert_close(student.grad, (difference - difference.mean()) / 10, rtol=1e-3, atol=1e-5)


def test_a_teacher_sees_the_images_in_its_own_normalisation_and_is_still(tiny_config, write_teacher):
    own = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4)}
    config = distilled(tiny_config, write_teacher(class_offset=1, **own))
    students = Preprocessing(resolution=16)
    teacher = load_teacher(config, students, DIGITS, CPU)
    assert not any(parameter.requires_grad for parameter in teacher.model.parameters())
    assert not any(module.training for module in teacher.model.modules())

    pixels = torch.rand(2, 3, 16, 16)
    for_student, for_teacher = (
        (pixels - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
        for mean, std in ((students.mean, students.std), (own["mean"], own["std"]))
    )
    before = {name: tensor.clone() for name, tensor in teacher.model.state_dict().items()}
    logits = teacher.logits(for_student)
    assert logits.shape == (2, 10)
    with torch.no_grad():
        torch.testing.assert_close(logits, teacher.model(for_teacher)[:, 1:], rtol=1e-4, atol=1e-5)
    assert all(torch.equal(before[name], tensor) for name, tensor in teacher.model.state_dict().items())


class Linear(nn.Module):
    """A student that keeps what it saw."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3 * 16 * 16, 10)

    def forward(self, images):
        self.seen = images
        return self.layer(images.flatten(1))


def test_both_see_the_same_mixed_images_and_the_losses_add_up(tiny_config, write_teacher):
    config = distilled(tiny_config, write_teacher(), temperature=3.0)
    task = Classification(dataclasses.replace(config, mixup_alpha=1.0), CPU)
    batch = next(task.batches([range(8)]))
    student = Linear()
    loss, parts = task.loss(student, batch, torch.Generator().manual_seed(5))

    unmixed = task.augment(batch.images, torch.Generator().manual_seed(5))
    assert not torch.equal(student.seen, unmixed)
    with torch.no_grad():
        says = task.teacher.model(student.seen)
    by_hand = -9 * ((says / 3).softmax(1) * (student(student.seen) / 3).log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(parts["train/loss_teacher"], by_hand.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(loss.detach(), parts["train/loss_labels"] + parts["train/loss_teacher"])


def test_without_a_teacher_the_loss_is_that_of_the_labels_alone(tiny_config):
    task = Classification(tiny_config, CPU)
    batch = next(task.batches([range(8)]))
    student = Linear()
    loss, parts = task.loss(student, batch, torch.Generator().manual_seed(5))
    assert parts == {}
    torch.testing.assert_close(loss, F.cross_entropy(student(student.seen), batch.labels, label_smoothing=0.1))


def test_a_resumed_run_with_mixup_and_a_teacher_equals_an_uninterrupted_one(
    tiny_config, write_teacher, tmp_path, monkeypatch, stop_after
):
    config = distilled(tiny_config, write_teacher())
    config = dataclasses.replace(config, mixup_alpha=0.2, label_smoothing_over="wrong")
    whole = train(dataclasses.replace(config, run=dataclasses.replace(config.run, directory=str(tmp_path / "whole"))))
    with monkeypatch.context() as patched:
        stop_after(4, patched)
        broken = train(config)
    resume(broken)
    assert len(losses(whole)) == 9
    assert losses(broken) == losses(whole)
    ends = [load_checkpoint(list_checkpoints(run / "checkpoints")[-1]) for run in (whole, broken)]
    assert all(torch.equal(tensor, ends[1]["model"][name]) for name, tensor in ends[0]["model"].items())
    # The student alone is in it: every tensor is one of the network's.
    assert ends[0]["model"].keys() == build_model(config.for_num_classes(10).model).state_dict().keys()
    assert ends[0].keys() == {"step", "seconds", "model", "ema", "optimizer", "scaler", "config"}


def test_a_teacher_of_other_classes_is_refused_by_name(tiny_config, write_teacher, refusal):
    def refused(class_names):
        config = distilled(tiny_config, write_teacher(class_names))
        line = refusal(Classification, config, CPU)
        assert line.startswith(f"distillation.teacher={config.distillation.teacher}: ")
        return line

    assert "tells 5 classes apart, not 10" in refused(tuple("56789"))
    assert "has a class '3' where the training images have '2'" in refused(tuple("0132456789"))


def test_a_teacher_of_other_images_is_refused(tiny_config, write_teacher, refusal):
    grey = dataclasses.replace(tiny_config.model, in_channels=1)
    assert "takes no RGB images" in refusal(Classification, distilled(tiny_config, write_teacher(model=grey)), CPU)
    coarse = dataclasses.replace(tiny_config.model, stem="deep")
    line = refusal(Classification, distilled(tiny_config, write_teacher(model=coarse, resolution=64)), CPU)
    assert "its stride 32 is larger than the images of resolution=16" in line


def test_a_teacher_that_is_not_there_is_refused(tiny_config, refusal):
    assert "no such file" in refusal(Classification, distilled(tiny_config, "runs/no_such"), CPU)


def test_imagenet_is_known_by_its_names_and_by_its_folders():
    assert by_wordnet_id(imagenet_class_names()) == by_wordnet_id(imagenet_wordnet_ids()) == imagenet_wordnet_ids()
    assert by_wordnet_id(DIGITS) == DIGITS
