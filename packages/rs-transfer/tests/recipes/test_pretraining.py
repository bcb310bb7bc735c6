"""Pre-training on the built-in digits: of 0 to 4 alone."""

from dataclasses import replace

import pytest
import torch

from rs_core.data.preprocessing import Preprocessing
from rs_core.models import build_model
from rs_core.recipes import DistillationConfig
from rs_core.train.config import DataConfig
from rs_core.weights.release import Origin, PretrainedModel, save_model
from rs_transfer.digits import TARGET, index_some_digits
from rs_transfer.recipes import get_transfer_recipe
from rs_transfer.recipes.config import pretrain_config
from rs_transfer.recipes.pretraining import Pretraining

CPU = torch.device("cpu")


@pytest.fixture
def digits_model(tmp_path):
    """An untrained network of ten digits."""
    network = get_transfer_recipe("resnet_50_transfer_laptop").model
    model = PretrainedModel(
        model=build_model(replace(network, num_classes=10)).eval(),
        preprocessing=Preprocessing(resolution=24),
        class_names=tuple("0123456789"),
        origin=Origin(recipe="digits"),
    )
    save_model(model, tmp_path / "digits.safetensors")
    return str(tmp_path / "digits.safetensors")


def names(index):
    return {index.name(row) for row in range(len(index))}


def test_the_digits_to_transfer_to_are_not_seen():
    task = Pretraining(pretrain_config(get_transfer_recipe("resnet_50_transfer_laptop")), CPU)
    assert task.class_names == ("0", "1", "2", "3", "4")
    assert task.config.model.num_classes == 5
    seen = names(task.train_index) | names(task.val_index)
    for split in ("train", "val"):
        assert not seen & names(index_some_digits(split, TARGET))
    assert (task.num_train_samples, len(task.val_index)) == (1744, 334)


def test_an_index_of_ones_own_is_taken_whole(tmp_path):
    data = DataConfig(root=str(tmp_path))
    for split in ("train", "val"):
        for name in ("a", "b"):
            (tmp_path / split / name).mkdir(parents=True)
            (tmp_path / split / name / "1.png").write_bytes(b"")
    config = replace(pretrain_config(get_transfer_recipe("resnet_50_supervised_laptop")), data=data)
    assert Pretraining(config, CPU).class_names == ("a", "b")


def test_a_teacher_of_all_ten_digits_is_not_one_of_five(refusal, digits_model):
    config = pretrain_config(get_transfer_recipe("resnet_50_transfer_laptop"))
    config = replace(config, distillation=DistillationConfig(teacher=digits_model))
    assert "tells 10 classes apart, not 5" in refusal(Pretraining, config, CPU)


def test_labels_are_smoothed_over_the_five_classes():
    config = pretrain_config(get_transfer_recipe("resnet_50_transfer_laptop"))
    config = replace(config, label_smoothing=0.1, label_smoothing_over="wrong")
    assert Pretraining(config, CPU).label_smoothing == pytest.approx(0.1 * 5 / 4)
