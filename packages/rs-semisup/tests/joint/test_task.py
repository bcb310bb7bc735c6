"""Joint training with rs-core's loop: the released loss, exact resume of both streams, clear refusals."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from rs_core import load_pretrained
from rs_core.data.index import open_index
from rs_core.data.loader import Batch
from rs_core.errors import UserError
from rs_core.models import build_model
from rs_core.train.checkpoint import list_checkpoints, load_checkpoint
from rs_core.train.classify import Classification
from rs_core.train.loop import resume, train
from rs_core.train.metrics import read_metrics
from rs_semisup.joint.config import JointTrainConfig
from rs_semisup.joint.task import JointClassification

CPU = torch.device("cpu")


def with_joint(config, **changes):
    return dataclasses.replace(config, joint=dataclasses.replace(config.joint, **changes))


def with_data(config, **changes):
    return dataclasses.replace(config, data=dataclasses.replace(config.data, **changes))


def with_run(config, **changes):
    return dataclasses.replace(config, run=dataclasses.replace(config.run, **changes))


def losses(directory):
    return {row["step"]: row["train/loss"] for row in read_metrics(directory) if "train/loss" in row}


def tensors(state):
    """All tensors of a nested state, in order."""
    for value in state.values():
        if isinstance(value, dict):
            yield from tensors(value)
        elif isinstance(value, torch.Tensor):
            yield value


def first_batch(task):
    return next(task.batches([range(4)]))


def loss_and_logits(task, batch):
    """The loss of a task, and the logits that it was made of, in eval mode: no dropout, nothing random twice."""
    torch.manual_seed(0)
    model = build_model(task.config.model).eval()
    seen = []
    model.register_forward_hook(lambda _module, _inputs, output: seen.append(output.detach().double().numpy()))
    with torch.no_grad():
        loss, measured = task.loss(model, batch, torch.Generator().manual_seed(0))
    return loss.item(), seen[0], {name: value.item() for name, value in measured.items()}


def log_softmax(logits):
    shifted = logits - logits.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


@pytest.mark.parametrize("form", ["sum", "mean"])
@pytest.mark.parametrize("targets", ["soft", "hard"])
def test_the_loss_is_the_released_one(joint_config, pseudo_index, form, targets):
    task = JointClassification(with_joint(joint_config, loss=form, targets=targets), CPU)
    batch = first_batch(task)
    loss, logits, measured = loss_and_logits(task, batch)
    scores = log_softmax(logits)

    def smoothed(scores, labels):
        distribution = np.full_like(scores, 0.1 / 10)
        distribution[np.arange(len(labels)), labels] += 0.9
        return -(distribution * scores).sum(1)

    columns = open_index(pseudo_index).columns
    rows = batch.pseudo.rows.numpy()
    if targets == "hard":
        pseudo = smoothed(scores[4:], columns["pseudo_classes"][rows, 0].astype(int)).mean()
    else:
        kept = columns["pseudo_probabilities"][rows].astype(np.float64)
        whole = np.repeat((1 - kept.sum(1, keepdims=True)) / 6, 10, axis=1)
        np.put_along_axis(whole, columns["pseudo_classes"][rows].astype(int), kept, 1)
        pseudo = -(whole * scores[4:]).sum(1).mean()
    labelled = smoothed(scores[:4], batch.labelled.labels.numpy()).mean()
    num_labelled, num_pseudo = 4, 12
    expected = (labelled * num_labelled + pseudo * num_pseudo) / (num_labelled + (num_pseudo if form == "mean" else 0))
    assert loss == pytest.approx(expected, rel=1e-4)
    assert measured == {
        "train/loss_labelled": pytest.approx(labelled, rel=1e-4),
        "train/loss_pseudo": pytest.approx(pseudo, rel=1e-4),
    }


def test_hard_labels_under_the_mean_are_supervised_training_on_all_images(joint_config):
    config = with_joint(joint_config, loss="mean", targets="hard")
    task = JointClassification(config, CPU)
    batch = first_batch(task)
    loss, logits, _ = loss_and_logits(task, batch)
    names = ("images", "labels", "rows")
    together = Batch(*(torch.cat([getattr(batch.labelled, name), getattr(batch.pseudo, name)]) for name in names))
    supervised, same_logits, _ = loss_and_logits(Classification(task.config, CPU), together)
    assert np.array_equal(logits, same_logits)
    assert loss == pytest.approx(supervised, rel=1e-5)


@pytest.mark.parametrize(("over", "right", "wrong"), [("all", 0.91, 0.01), ("wrong", 0.9, 0.1 / 9)])
def test_labels_are_smoothed_over_the_classes_of_the_recipe(joint_config, over, right, wrong):
    task = JointClassification(dataclasses.replace(joint_config, label_smoothing_over=over), CPU)
    batch = first_batch(task)
    _, logits, measured = loss_and_logits(task, batch)
    targets = np.full((4, 10), wrong)
    targets[np.arange(4), batch.labelled.labels.numpy()] = right
    by_hand = -(targets * log_softmax(logits)[:4]).sum(1).mean()
    assert measured["train/loss_labelled"] == pytest.approx(by_hand, rel=1e-4)


def test_a_batch_holds_both_kinds_at_the_stated_ratio(joint_config):
    task = JointClassification(with_joint(joint_config, ratio=5), CPU)
    batch = first_batch(task)
    assert batch.labelled.images.shape == (4, 3, 16, 16)
    assert batch.pseudo.images.shape == (20, 3, 16, 16)
    assert batch.pseudo.columns["pseudo_probabilities"].shape == (20, 4)
    assert not batch.labelled.columns


def test_epochs_are_counted_on_the_labelled_images_and_images_on_all(joint_config):
    directory = train(joint_config)
    result = json.loads((directory / "result.json").read_text())
    assert result["steps"] == 8
    assert result["images_seen"] == 8 * (4 + 12)
    assert result["val/num_images"] == 359
    assert set(losses(directory)) == set(range(1, 9))
    rows = [row for row in read_metrics(directory) if "train/loss" in row]
    for row in rows:
        assert row["train/loss"] == pytest.approx(row["train/loss_labelled"] + 3 * row["train/loss_pseudo"], rel=1e-5)
    assert load_pretrained(directory).class_names == tuple("0123456789")
    assert "rs-semisup label" in (directory / "report.md").read_text()


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_resumed_run_is_the_uninterrupted_one_to_the_last_bit(
    joint_config, tmp_path, monkeypatch, num_workers, stop_after
):
    whole = train(with_run(joint_config, directory=str(tmp_path / "whole")))
    with monkeypatch.context() as patched:
        stop_after(3, patched)
        broken = train(with_data(joint_config, num_workers=num_workers))
    assert set(losses(broken)) == {1, 2, 3}
    resume(broken, JointTrainConfig)
    assert losses(broken) == losses(whole)
    one, other = (load_checkpoint(list_checkpoints(run / "checkpoints")[-1]) for run in (whole, broken))
    for part in ("model", "ema", "optimizer"):
        assert all(map(torch.equal, tensors(one[part]), tensors(other[part])))


def test_a_batch_is_cut_into_parts_by_all_of_its_images(joint_config):
    config = with_run(joint_config, micro_batch_size=8)
    assert config.num_parts(num_ranks=1) == 2
    assert set(losses(train(config))) == set(range(1, 9))


def test_an_index_without_soft_labels_can_teach_hard_ones_alone(joint_config, digits):
    config = with_data(joint_config, pseudo_index=str(digits.labelled))
    with pytest.raises(UserError, match=r"has no soft labels .* --labels soft"):
        JointClassification(config, CPU)
    JointClassification(with_joint(config, targets="hard"), CPU)


def test_pseudo_labels_of_other_classes_are_refused(joint_config, digits):
    config = with_data(joint_config, pseudo_index=str(digits.unlabelled))
    with pytest.raises(UserError, match="labelled with other classes"):
        JointClassification(config, CPU)


def test_a_run_without_pseudo_labelled_images_is_refused(joint_config):
    with pytest.raises(UserError, match=r"data\.pseudo_index is empty; name the index that rs-semisup select wrote"):
        JointClassification(with_data(joint_config, pseudo_index=""), CPU)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ratio": 0}, r"joint\.ratio=0: give 1 or more"),
        ({"loss": "total"}, "loss='total'"),
        ({"targets": "firm"}, "targets='firm'"),
    ],
)
def test_impossible_mixtures_are_refused(joint_config, change, message):
    with pytest.raises(UserError, match=message):
        with_joint(joint_config, **change)


def test_an_image_and_its_pseudo_labelled_ones_stay_in_one_forward_pass(joint_config):
    together = 1 + joint_config.joint.ratio
    assert with_run(joint_config, micro_batch_size=together).num_parts(num_ranks=1) == joint_config.batch_size
    with pytest.raises(UserError, match=f"{together} samples stay together; give at least that many"):
        with_run(joint_config, micro_batch_size=together - 1).num_parts(num_ranks=1)
