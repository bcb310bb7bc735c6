"""Building by name."""

import pytest
import torch

from rs_core import UserError, create_model, list_models
from rs_core.models import (
    FAMILIES,
    NetworkConfig,
    ResNet,
    ResNet3d,
    build_model,
    image_model_config,
    model_config,
)


def test_names_are_filtered_by_a_shell_pattern():
    assert list_models() == list(FAMILIES)
    assert list_models("resnet_?0") == ["resnet_50"]
    assert list_models("*rs_4*") == ["resnet_rs_400", "resnet_rs_420"]
    assert list_models("efficient*") == []


def test_rows_of_clips_and_of_images_are_told_apart():
    with torch.device("meta"):
        assert isinstance(create_model("r3d_rs_50"), ResNet3d)
        assert isinstance(create_model("resnet_rs_50"), ResNet)


@pytest.mark.parametrize("name", list_models())
def test_every_name_builds_what_its_row_says(name):
    with torch.device("meta"):
        model = create_model(name)
    assert model.config == FAMILIES[name]
    assert tuple(len(stage) for stage in model.stages.values()) == FAMILIES[name].blocks


def test_options_replace_fields_of_the_row():
    config = model_config("resnet_rs_50", num_classes=7, drop_path_rate=0.1)
    assert (config.num_classes, config.drop_path_rate, config.blocks) == (7, 0.1, (3, 4, 6, 3))


def test_an_unknown_name_gets_one_line_with_the_nearest():
    with pytest.raises(UserError) as error:
        create_model("resnet_rs50")
    assert "unknown model 'resnet_rs50' (did you mean 'resnet_rs_50'?)" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_option_gets_one_line_with_the_nearest():
    with pytest.raises(UserError) as error:
        create_model("resnet_rs_50", drop_path=0.1)
    assert "has no option 'drop_path' (did you mean 'drop_path_rate'?)" in str(error.value)
    assert "\n" not in str(error.value)


def test_the_seed_decides_all_weights(small):
    def build(seed):
        torch.manual_seed(seed)
        return small().state_dict()

    first, again, other = build(1), build(1), build(2)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["stem.conv1.weight"], other["stem.conv1.weight"])
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])


@pytest.mark.parametrize(
    ("name", "option", "nearest"),
    [
        ("r3d_rs_50", "temporal_stride", "temporal_strides"),
        ("r3d_rs_50", "downsampling", None),
        ("resnet_rs_50", "self_gating", None),
    ],
)
def test_each_kind_of_network_has_its_own_options(name, option, nearest):
    with pytest.raises(UserError, match=f"{name} has no option '{option}'") as error:
        create_model(name, **{option: 1})
    assert nearest is None or f"did you mean '{nearest}'?" in str(error.value)


def test_a_network_of_clips_is_no_network_of_images():
    assert image_model_config("resnet_rs_50", num_classes=3) == model_config("resnet_rs_50", num_classes=3)
    with pytest.raises(UserError, match="r3d_rs_50 takes clips of video; choose a network of images"):
        image_model_config("r3d_rs_50")


def test_a_configuration_of_no_kind_builds_nothing():
    with pytest.raises(TypeError, match="NetworkConfig describes no network"):
        build_model(NetworkConfig(blocks=(1, 1, 1, 1)))


@pytest.mark.parametrize("init", ["tf1", "tf2", "he"])
def test_a_network_on_the_meta_device_becomes_real_by_reset_parameters(init, row, small):
    with torch.device("meta"):
        model = small(row, init=init)
    assert all(parameter.is_meta for parameter in model.parameters())
    model.to_empty(device="cpu")
    for tensor in model.state_dict().values():
        tensor.fill_(77)  # what an allocator may leave there
    model.reset_parameters()
    assert not any((tensor == 77).any() for tensor in model.state_dict().values())
