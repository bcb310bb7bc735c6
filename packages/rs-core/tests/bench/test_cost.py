"""Costs against the published tables (Bello et al. 2021, table 7) and the counts of the released variables."""

import numpy as np
import pytest
import torch
from torch import nn

from rs_core import create_model
from rs_core.bench import count_activations, count_flops, count_parameters
from rs_core.models import FAMILIES

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


def num_parameters_of_clips(blocks, kernel_sizes, *, gates, num_classes):
    """Count R3D (no gates) or R3D-RS with squeeze-and-excitation 0.25 and self-gating, from their definition."""
    stem = 5 * 9 * 3 * 32 + 9 * 32 * 32 + 9 * 32 * 64 + 2 * (32 + 32 + 64) if gates else 5 * 49 * 3 * 64 + 2 * 64
    total, channels = stem, 64
    for count, frames, f in zip(blocks, kernel_sizes, (64, 128, 256, 512), strict=True):
        total += channels * 4 * f + 2 * 4 * f  # shortcut
        for _ in range(count):
            total += frames * channels * f + 9 * f * f + f * 4 * f + 2 * (f + f + 4 * f)
            total += (4 * f * f + f) + (f * 4 * f + 4 * f) if gates else 0
            channels = 4 * f
        total += (4 * f) ** 2 + 4 * f if gates else 0
    return total + channels * num_classes + num_classes


@pytest.mark.parametrize("name", [name for name in FAMILIES if name.startswith("r3d")])
def test_parameter_counts_of_clips_are_those_of_their_definition(name):
    with torch.device("meta"):
        model = create_model(name)
    definition = {"gates": name.startswith("r3d_rs"), "num_classes": 400}
    assert count_parameters(model) == num_parameters_of_clips(model.config.blocks, (1, 1, 3, 3), **definition)


@pytest.mark.parametrize(
    ("name", "options", "num_parameters"),
    [
        ("r3d_50", {"num_classes": 0}, 31_672_128),  # tensorflow/models:official/projects/video_ssl/README.md: 31.7 M
        ("r3d_rs_50", {}, 48_129_840),
        ("r3d_rs_50", {"self_gating": "none"}, 42_555_440),
    ],
)
def test_parameter_counts_of_clips_are_those_of_the_released_variables(name, options, num_parameters):
    with torch.device("meta"):
        assert count_parameters(create_model(name, **options)) == num_parameters


@pytest.mark.parametrize("case", ["r3d50_8x64x64", "r3drs50_8x64x64"])
def test_parameter_counts_of_clips_are_the_recorded_ones(case, shared):
    record = np.load(shared / "oracles" / "tf2_resnet_3d" / f"{case}.npz")
    with torch.device("meta"):
        model = create_model({"r3d50": "r3d_50", "r3drs50": "r3d_rs_50"}[case.split("_")[0]])
    assert count_parameters(model) == record["n_params_trainable"]
    assert count_parameters(model) - count_parameters(model.classifier) == record["n_params_trainable_backbone"]


def test_a_clip_without_kernels_over_time_costs_as_much_as_its_frames():
    flat = {"stem_temporal_kernel_size": 1, "stem_temporal_stride": 1, "temporal_kernel_sizes": ((1,),) * 4}
    with torch.device("meta"):
        clips, images = create_model("r3d_50", num_classes=0, **flat), create_model("resnet_50", num_classes=0)
    assert count_flops(clips, 64, num_frames=6) == 6 * count_flops(images, 64)


def test_a_clip_of_twice_the_frames_costs_twice_as_much():
    with torch.device("meta"):
        model = create_model("r3d_50", num_classes=0)
    assert count_flops(model, 64, num_frames=16) == 2 * count_flops(model, 64, num_frames=8)


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


def test_activations_are_the_outputs_of_convolutions():
    model = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(5, 7, 1), nn.Flatten())
    assert count_activations(model, resolution=8) == 4 * 4 * 5 + 4 * 4 * 7


def test_activations_of_resnet_50_are_those_of_radosavovic():
    with torch.device("meta"):
        model = create_model("resnet_50")
    assert round(count_activations(model, resolution=224) / 1e6, 1) == 11.1
