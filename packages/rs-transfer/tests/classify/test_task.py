"""Fine-tuning as a task: its length in steps, the input of the starting point, and what it is judged by."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from rs_core import load_pretrained
from rs_core.errors import UserError
from rs_core.models import build_model
from rs_core.recipes import DistillationConfig
from rs_core.train.schedule import num_steps
from rs_core.weights.release import save_model
from rs_transfer.classify.protocol import get_protocol
from rs_transfer.classify.start import starting_from
from rs_transfer.classify.task import FineTuning, for_samples

CPU = torch.device("cpu")


def with_data(config, **changes):
    return replace(config, data=replace(config.data, **changes))


def names(index):
    return {index.name(row) for row in range(len(index))}


@given(steps=st.integers(1, 50_000), num_samples=st.integers(1, 2_000_000), batch_size=st.integers(1, 5000))
def test_the_epochs_are_those_of_exactly_so_many_steps(steps, num_samples, batch_size):
    config = replace(get_protocol("fine_tuning"), steps=steps, batch_size=batch_size)
    epochs = for_samples(config, num_samples).epochs
    assert num_steps(epochs, num_samples, batch_size) == steps


@pytest.mark.parametrize(("num_samples", "momentum"), [(50_000, 1 - (1 - 10 / (50_000 / 256))), (2_000, 0.1)])
def test_the_momentum_of_batch_norm_follows_the_steps_of_an_epoch(num_samples, momentum):
    config = for_samples(get_protocol("fine_tuning"), num_samples)
    assert config.model.bn_momentum == pytest.approx(momentum)


def test_images_are_scaled_as_the_starting_point_was_trained(tiny, write_weights):
    task = FineTuning(starting_from(tiny, write_weights()), CPU)
    batch = next(task.batches([range(2)]))
    assert batch.images.shape == (2, 3, 20, 20)
    scaled = task.augment(batch.images, torch.Generator())
    assert torch.allclose(scaled, (batch.images / 255 - 0.5) / 0.25, atol=1e-5)


class SeesAndSays(nn.Module):
    """A network that keeps its input and says the same whatever it is."""

    def forward(self, images):
        self.seen = images
        return torch.linspace(0, 2, 5).expand(len(images), 5)


def test_labels_are_smoothed_and_images_mixed_as_rs_core_does(tiny):
    config = replace(tiny, label_smoothing=0.1, label_smoothing_over="wrong")
    network, generator = SeesAndSays(), torch.Generator()
    scores = torch.linspace(0, 2, 5).log_softmax(0)
    task = FineTuning(config, CPU)
    batch = next(task.batches([range(8)]))
    loss, _ = task.loss(network, batch, generator.manual_seed(0))
    unmixed = network.seen
    by_hand = -(0.875 * scores[batch.labels] + 0.025 * scores.sum()).mean()  # 0.9, and 0.1 / 4 for the others
    torch.testing.assert_close(loss, by_hand)

    FineTuning(replace(config, mixup_alpha=1.0), CPU).loss(network, batch, generator.manual_seed(0))
    assert network.seen.shape == unmixed.shape
    assert not torch.equal(network.seen, unmixed)


def test_a_teacher_of_the_same_classes_is_learned_from_and_another_is_refused(tiny, write_weights, refusal):
    teacher = write_weights()
    trained = load_pretrained(teacher)
    config = replace(tiny, distillation=DistillationConfig(teacher=teacher))
    assert "has a class 'class 0' where the training images have '5'" in refusal(FineTuning, config, CPU)
    save_model(replace(trained, class_names=tuple("56789")), Path(teacher))
    task = FineTuning(config, CPU)
    _, parts = task.loss(SeesAndSays(), next(task.batches([range(8)])), torch.Generator())
    assert parts["train/loss_teacher"] > 0


def test_the_released_model_keeps_that_input(tiny, write_weights):
    task = FineTuning(starting_from(tiny, write_weights()), CPU)
    released = task.release(build_model(task.config.model), "run")
    assert (released.preprocessing.resolution, released.preprocessing.mean) == (20, (0.5, 0.5, 0.5))
    assert released.class_names == ("5", "6", "7", "8", "9")


def test_a_run_judged_by_the_test_images_learns_from_all_labelled_ones(tiny):
    task = FineTuning(tiny, CPU)
    assert np.bincount(task.train_index.labels).tolist() == [5] * 5
    figures = task.evaluate(build_model(task.config.model).eval())
    assert figures["test/num_images"] == 191
    assert all(name.startswith("test/") for name in figures)


def test_a_run_judged_by_the_split_does_not_learn_from_it(tiny):
    whole = FineTuning(tiny, CPU)
    task = FineTuning(with_data(tiny, judged_by="split", split_share=0.4), CPU)
    assert np.bincount(task.train_index.labels).tolist() == [3] * 5
    assert names(task.train_index) | names(task.judged) == names(whole.train_index)
    assert not names(task.train_index) & names(task.judged)
    figures = task.evaluate(build_model(task.config.model).eval())
    assert figures["val/num_images"] == 10
    assert task.input_in_words.endswith("10 of which judge")


def test_the_classifier_is_one_of_the_classes_of_the_images(tiny, write_cifar):
    task = FineTuning(with_data(tiny, root=str(write_cifar())), CPU)
    assert task.config.model.num_classes == 100


def test_other_channels_than_three_are_refused(tiny):
    with pytest.raises(UserError, match=r"model\.in_channels=1"):
        FineTuning(replace(tiny, model=replace(tiny.model, in_channels=1)), CPU)
