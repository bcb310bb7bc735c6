"""Starting points: the network and its input come from the weights; what cannot be fine-tuned is refused."""

from dataclasses import asdict, replace

import pytest
import torch

from rs_core import create_model
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.train.run import write_config
from rs_core.weights.release import Origin, PretrainedModel, save_model
from rs_transfer.classify.start import load_starting_point, starting_from, write_backbone


def test_the_network_and_its_input_come_from_the_weights(tiny, write_weights):
    weights = write_weights(num_classes=3, activation="silu", padding="same", dropout=0.5)
    config = starting_from(tiny, weights)
    assert config.initial_weights == weights
    assert (config.model.activation, config.model.padding) == ("silu", "same")
    assert (config.resolution, config.input.resolution, config.input.crop_rule) == (20, 20, "tf2")
    assert config.input.mean == (0.5, 0.5, 0.5)


def test_dropout_and_drop_path_stay_those_of_the_fine_tuning(tiny, write_weights):
    config = starting_from(tiny, write_weights(dropout=0.5, drop_path_rate=0.2))
    assert (config.model.dropout, config.model.drop_path_rate) == (0.0, 0.0)


def test_nothing_else_of_the_config_changes(tiny, write_weights):
    before, after = asdict(tiny), asdict(starting_from(tiny, write_weights(tiny.model.num_classes)))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"initial_weights", "resolution", "input"}


def test_a_backbone_is_the_starting_point_without_its_classifier(write_weights, tmp_path):
    weights = write_weights()
    pretrained, _ = load_starting_point(weights)
    before = {name: tensor.clone() for name, tensor in pretrained.model.state_dict().items()}
    write_backbone(pretrained, weights, tmp_path / "backbone.safetensors")
    backbone, config = load_starting_point(str(tmp_path / "backbone.safetensors"))
    after = backbone.model.state_dict()
    assert config.num_classes == 0
    assert set(before) - set(after) == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(before[name], tensor) for name, tensor in after.items())


def save(model, path):
    pretrained = PretrainedModel(
        model=model, preprocessing=Preprocessing(resolution=32), class_names=(), origin=Origin()
    )
    save_model(pretrained, path)
    return str(path)


def test_a_network_of_clips_is_refused(tmp_path):
    clips = create_model("r3d_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=0)
    with pytest.raises(UserError, match=r"clips\.safetensors: a network of clips; give one of images"):
        load_starting_point(save(clips, tmp_path / "clips.safetensors"))


def test_a_network_of_other_channels_is_refused(tiny, tmp_path):
    grey = create_model("resnet_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=0, in_channels=1)
    with pytest.raises(UserError, match=r"grey\.safetensors: takes images of 1 channels"):
        load_starting_point(save(grey, tmp_path / "grey.safetensors"))


def test_a_run_that_is_not_finished_is_refused(tiny, tmp_path):
    write_config(replace(tiny, run=replace(tiny.run, directory="elsewhere")), tmp_path)
    with pytest.raises(UserError, match=r"a run that has no model\.safetensors yet"):
        load_starting_point(str(tmp_path))


def test_weights_that_are_not_there_are_refused():
    with pytest.raises(UserError, match=r"nowhere\.pth: no such file"):
        load_starting_point("nowhere.pth")
