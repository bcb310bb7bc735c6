"""Costs against the published tables (Bello et al. 2021, table 7, and the counts of the released variables)."""

import pytest
import torch
from torch import nn

from rs_core import create_model
from rs_core.bench import count_flops, count_parameters

# 1000 classes, 1001 classes, without squeeze-and-excitation, plain ResNet.
PARAMETERS = {
    50: (35_691_912, 35_693_961, 25_613_256, 25_557_032),
    101: (63_618_696, 63_620_745, 44_605_384, 44_549_160),
    152: (86_621_576, 86_623_625, 60_249_032, 60_192_808),
    200: (93_209_992, 93_212_041, 64_730_056, 64_673_832),
    270: (129_861_448, 129_863_497, 89_655_496, 89_599_272),
    300: (134_386_632, 134_388_681, 92_733_128, 92_676_904),
    350: (163_956_168, 163_958_217, 112_842_440, 112_786_216),
    400: (182_229_064, 182_231_113, 125_269_192, 125_212_968),
    420: (191_891_656, 191_893_705, 131_840_712, 131_784_488),
}
VARIANTS = [
    ("resnet_rs_{}", {}),
    ("resnet_rs_{}", {"num_classes": 1001}),
    ("resnet_rs_{}", {"se_ratio": 0}),
    ("resnet_{}", {}),
]

# Depth, resolution, billions of FLOPs with the released stem.
GIGAFLOPS = [
    (50, 160, 4.56),
    (101, 160, 8.36),
    (101, 192, 12.02),
    (152, 192, 17.49),
    (152, 224, 23.79),
    (152, 256, 31.06),
    (200, 256, 40.19),
    (270, 256, 53.90),
    (350, 256, 68.75),
    (350, 320, 107.37),
    (420, 320, 127.88),
]


@pytest.mark.parametrize("depth", PARAMETERS)
def test_parameter_counts_are_the_published_ones_to_the_unit(depth):
    with torch.device("meta"):
        models = [create_model(name.format(depth), **options) for name, options in VARIANTS]
    assert tuple(map(count_parameters, models)) == PARAMETERS[depth]


@pytest.mark.parametrize(("depth", "resolution", "gigaflops"), GIGAFLOPS)
def test_flops_are_those_of_table_7(depth, resolution, gigaflops):
    with torch.device("meta"):
        model = create_model(f"resnet_rs_{depth}")
    assert round(count_flops(model, resolution) / 1e9, 2) == gigaflops


def test_flops_are_twice_the_multiply_accumulates():
    model = nn.Sequential(nn.Conv2d(2, 5, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 7))
    assert count_flops(model, resolution=8, in_channels=2) == 2 * (8 * 8 * 5 * 2 * 9 + 5 * 7)


@pytest.mark.parametrize("options", [{}, {"activation_checkpointing": True, "drop_path_rate": 0.5}])
def test_counting_leaves_the_network_as_it_was(options):
    model = create_model("resnet_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.25, **options)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    count_flops(model, resolution=32)
    assert model.training
    assert all(parameter.requires_grad and parameter.is_cpu for parameter in model.parameters())
    assert all(torch.equal(tensor, before[key]) for key, tensor in model.state_dict().items())


def test_frozen_parameters_count_and_statistics_do_not():
    model = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.BatchNorm2d(2)).requires_grad_(False)
    assert count_parameters(model) == 2 + 4
