"""Training that starts from weights which exist."""

import pytest
import torch

from rs_core import UserError, create_model
from rs_core.data.preprocessing import Preprocessing
from rs_core.weights.initial import start_from
from rs_core.weights.release import Origin, PretrainedModel, save_model

NARROW = {"blocks": (1, 1, 1, 1), "width_multiplier": 0.25}
NAMES = ("a", "b", "c")


@pytest.fixture
def saved(tmp_path):
    """Write a network of three classes and give it with its path."""

    def save(name, **overrides):
        torch.manual_seed(1)
        model = create_model(name, num_classes=3, **NARROW, **overrides).eval()
        path = tmp_path / f"{name}.safetensors"
        preprocessing = Preprocessing(resolution=32)
        save_model(PretrainedModel(model=model, preprocessing=preprocessing, class_names=NAMES, origin=Origin()), path)
        return model, str(path)

    return save


def equal(one, other):
    return all(torch.equal(tensor, other.state_dict()[key]) for key, tensor in one.state_dict().items())


@pytest.mark.parametrize("name", ["resnet_rs_50", "r3d_rs_50"])
def test_all_weights_are_taken_where_the_classes_are_the_same(saved, name):
    theirs, path = saved(name)
    ours = create_model(name, num_classes=3, drop_path_rate=0.2, dropout=0.1, **NARROW)
    assert start_from(ours, path) == f"starts from {path}"
    assert equal(ours, theirs)


def test_a_classifier_of_other_classes_starts_anew(saved):
    theirs, path = saved("resnet_rs_50")
    ours = create_model("resnet_rs_50", num_classes=5, **NARROW)
    before = ours.classifier.weight.clone()
    assert start_from(ours, path) == f"starts from {path}; the classifier starts anew"
    assert torch.equal(ours.classifier.weight, before)
    assert equal(ours.stages, theirs.stages)


def test_a_network_of_images_is_inflated_into_one_of_clips(saved):
    theirs, path = saved("resnet_50")
    ours = create_model("r3d_50", num_classes=5, **NARROW)
    assert "inflated; 2 start anew" in start_from(ours, path)
    kernel = ours.stages["c4"][0].conv1.weight
    torch.testing.assert_close(kernel.sum(2), theirs.stages["c4"][0].conv1.weight)


def test_weights_of_another_network_are_refused(saved):
    _, path = saved("r3d_rs_50")
    with pytest.raises(UserError, match="the weights in"):
        start_from(create_model("resnet_rs_50", num_classes=3, **NARROW), path)
    with pytest.raises(UserError, match="the weights in"):
        start_from(create_model("r3d_50", num_classes=3, **NARROW), path)
