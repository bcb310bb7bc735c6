"""timm and torchvision as oracles: every size that both have, with random weights mapped both ways."""

import dataclasses
import math

import pytest
import timm
import torch
import torchvision
from torch import nn

from rs_core import UserError, create_model
from rs_core.models.create import build_model
from rs_core.models.families import FAMILIES
from rs_core.weights import from_timm, timm_names, to_timm
from rs_core.weights.layouts.layout import Options
from rs_core.weights.layouts.timm import LAYOUT, timm_config, timm_preprocessing

# timm's name and options, ours.
QUICK = {
    "resnetrs50": ("resnetrs50", {}, "resnet_rs_50", {}),
    "resnetrs101": ("resnetrs101", {}, "resnet_rs_101", {}),
    "resnetrs152": ("resnetrs152", {}, "resnet_rs_152", {}),
    "resnet18": ("resnet18", {}, "resnet_18", {}),
    "resnet26": ("resnet26", {}, "resnet_26", {}),
    "resnet34": ("resnet34", {}, "resnet_34", {}),
    "resnet50": ("resnet50", {}, "resnet_50", {}),
    "resnet18d": ("resnet18d", {}, "resnet_d_18", {}),
    "resnet50d": ("resnet50d", {}, "resnet_d_50", {}),
    "resnet101d": ("resnet101d", {}, "resnet_d_101", {}),
    "grey": ("resnet50", {"in_chans": 1}, "resnet_50", {"in_channels": 1}),
    "stride 16": ("resnet50", {"output_stride": 16}, "resnet_50", {"output_stride": 16}),
    "stride 8": ("resnet50", {"output_stride": 8}, "resnet_50", {"output_stride": 8}),
    "basic stride 8": ("resnet18", {"output_stride": 8}, "resnet_18", {"output_stride": 8}),
    "silu": ("resnetrs50", {"act_layer": "silu"}, "resnet_rs_50", {"activation": "silu"}),
    "7x7 conv": ("resnet26", {"replace_stem_pool": True}, "resnet_26", {"stem_downsampling": "conv"}),
}
DEEP = {f"resnetrs{depth}": (f"resnetrs{depth}", {}, f"resnet_rs_{depth}", {}) for depth in (200, 270, 350, 420)}


def random_weights(model: nn.Module, seed: int) -> dict[str, torch.Tensor]:
    """Draw weights and statistics that keep the signal alive through hundreds of layers."""
    generator = torch.Generator().manual_seed(seed)
    state = model.state_dict()
    last_norm = "bn3.weight" if any("conv3" in key for key in state) else "bn2.weight"
    weights = {}
    for key, tensor in state.items():
        z = torch.randn(tensor.shape, generator=generator)
        if key.endswith("num_batches_tracked"):
            weights[key] = torch.tensor(3)
        elif key.endswith("running_var"):
            weights[key] = torch.exp(0.2 * z)
        elif tensor.ndim > 1:
            weights[key] = z * math.sqrt(2 / tensor[0].numel())
        elif key.endswith("weight"):
            weights[key] = 0.1 * z + (0.3 if key.endswith(last_norm) and "layer" in key else 1.0)
        else:
            weights[key] = 0.1 * z
    return weights


def pair(case: str) -> tuple[nn.Module, nn.Module]:
    """Build timm's network with random weights and ours with the same."""
    their_name, their_options, name, options = (QUICK | DEEP)[case]
    with torch.device("meta"):
        theirs = timm.create_model(their_name, **their_options)
        ours = create_model(name, **options)
    weights = random_weights(theirs, seed=3)
    theirs.load_state_dict(weights, assign=True)
    # Copies, so that training one does not move the other.
    copies = {key: t.clone() for key, t in from_timm(weights, ours).items()}
    ours.load_state_dict(copies, assign=True)
    return theirs, ours


def relative_error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return float((ours - theirs).abs().max() / theirs.std())


@pytest.mark.parametrize("case", [*QUICK, *(pytest.param(c, marks=pytest.mark.slow) for c in DEEP)])
def test_features_and_logits_equal_timm_and_weights_survive_the_round_trip(case):
    theirs, ours = pair(case)
    # Odd sizes on the way down: 45x38, 23x19, 12x10, 6x5, 3x3.
    images = torch.randn(2, ours.config.in_channels, 90, 75, generator=torch.Generator().manual_seed(1))
    theirs.eval()
    ours.eval()
    with torch.no_grad():
        # Index 0 is the stem, which timm keeps before its pool.
        expected = theirs.forward_intermediates(images, indices=[1, 2, 3, 4], intermediates_only=True)
        features = ours.forward_features(images)
        assert relative_error(ours(images), theirs(images)) < 1e-4
    for feature, reference in zip(features.values(), expected, strict=True):
        assert relative_error(feature, reference) < 1e-4

    back = to_timm(ours.state_dict(), ours)
    original = theirs.state_dict()
    assert back.keys() == original.keys()
    assert all(torch.equal(back[key], tensor) for key, tensor in original.items())


def test_one_training_step_has_the_gradients_and_statistics_of_timm():
    theirs, ours = pair("resnetrs50")
    generator = torch.Generator().manual_seed(2)
    images = torch.randn(4, 3, 64, 64, generator=generator, dtype=torch.float64)
    labels = torch.tensor([0, 999, 5, 7])
    for model in (theirs, ours):
        model.double().train()
        nn.functional.cross_entropy(model(images), labels).backward()

    names = timm_names(ours)
    their_parameters = dict(theirs.named_parameters())
    for key, parameter in ours.named_parameters():
        gradient = their_parameters[names[key]].grad.reshape(parameter.shape)
        assert (parameter.grad - gradient).abs().max() <= 1e-9 * gradient.abs().max(), key
    their_buffers = dict(theirs.named_buffers())
    for key, buffer in ours.named_buffers():
        torch.testing.assert_close(buffer, their_buffers[names[key]], rtol=1e-9, atol=1e-12, msg=key)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_a_file_of_torchvision_becomes_a_network_with_its_logits(name, as_file):
    with torch.device("meta"):
        theirs = torchvision.models.get_model(name)
    weights = random_weights(theirs, seed=4)
    theirs.load_state_dict(weights, assign=True)
    # Files of torchvision's first release have no counters.
    old = {key: tensor for key, tensor in weights.items() if not key.endswith("num_batches_tracked")}
    imported = LAYOUT.read(as_file(old), Options())
    ours = build_model(imported.config)
    ours.load_state_dict(imported.weights)
    images = torch.randn(2, 3, 65, 97, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        assert relative_error(ours.eval()(images), theirs.eval()(images)) < 1e-4


# timm's entry, ours; where the table has no row, what differs.
ENTRIES = {
    **{f"resnet{depth}": (f"resnet_{depth}", {}) for depth in (18, 26, 34, 50, 101, 152, 200)},
    **{f"resnet{depth}d": (f"resnet_d_{depth}", {}) for depth in (18, 26, 34, 50, 101, 152, 200)},
    **{f"resnetrs{depth}": (f"resnet_rs_{depth}", {}) for depth in (50, 101, 152, 200, 270, 350, 420)},
    "resnet50c": ("resnet_d_50", {"downsampling": "B"}),
    "resnet50s": ("resnet_d_50", {"downsampling": "B", "stem_widths": (64, 64, 128)}),
    "resnet26t": ("resnet_d_26", {"stem_widths": (24, 32, 64)}),
    "resnet14t": ("resnet_d_26", {"stem_widths": (24, 32, 64), "blocks": (1, 1, 1, 1)}),
    "seresnet50": ("resnet_50", {"se_ratio": 0.0625}),
    "seresnet152d": ("resnet_d_152", {"se_ratio": 0.0625}),
}


def shapes_in_timm(name, **options):
    with torch.device("meta"):
        return {key: tuple(tensor.shape) for key, tensor in timm.create_model(name, **options).state_dict().items()}


@pytest.mark.parametrize("name", ENTRIES)
def test_the_architecture_of_timms_entry_is_found_from_its_shapes(name):
    row, changes = ENTRIES[name]
    config = timm_config(shapes_in_timm(name), "x")
    assert config == dataclasses.replace(FAMILIES[row], **changes)
    with torch.device("meta"):
        ours = build_model(config)
    assert sorted(timm_names(ours).values()) == sorted(shapes_in_timm(name))


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_the_architecture_of_torchvision_is_found_from_its_shapes(depth):
    with torch.device("meta"):
        state = torchvision.models.get_model(f"resnet{depth}").state_dict()
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    assert timm_config(shapes, "x") == FAMILIES[f"resnet_{depth}"]


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ({"num_classes": 0}, {"num_classes": 0}),
        ({"num_classes": 21, "in_chans": 1}, {"num_classes": 21, "in_channels": 1}),
        ({"channels": (32, 64, 128, 256)}, {"width_multiplier": 0.5, "scale_stem": False}),
        ({"layers": (2, 3, 5, 1)}, {"blocks": (2, 3, 5, 1)}),
        ({"replace_stem_pool": False}, {"stem_downsampling": "max_pool"}),
    ],
    ids=str,
)
def test_changed_networks_of_timm_are_found(options, changes):
    config = timm_config(shapes_in_timm("resnetrs50", **options), "x")
    assert config == dataclasses.replace(FAMILIES["resnet_rs_50"], **changes)


@pytest.mark.parametrize(
    "changes",
    [{"block": "basic", "blocks": (1, 1, 2, 1), "se_ratio": 0.5}, {"width_multiplier": 1.5}, {"downsampling": "B"}],
    ids=str,
)
def test_our_own_networks_are_found_in_timms_names(changes):
    config = dataclasses.replace(FAMILIES["resnet_rs_50"], **changes)
    with torch.device("meta"):
        model = build_model(config)
        shapes = {name: tuple(tensor.shape) for name, tensor in to_timm(model.state_dict(), model).items()}
    assert timm_config(shapes, "x") == config


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("resnext50_32x4d", "ResNeXt"),
        ("resnext101_32x8d", "ResNeXt"),
        ("seresnext50_32x4d", "ResNeXt"),
        ("wide_resnet50_2", "wide ResNet"),
        ("resnet50_gn", "missing: bn1.running_mean"),
        ("ecaresnet50d", "extra: layer1.0.se.conv.weight"),
    ],
)
def test_networks_of_other_families_are_refused_by_name(name, family, unread_file):
    with pytest.raises(UserError, match=f"^the timm or torchvision weights of other.pth .*{family}"):
        LAYOUT.read(unread_file(shapes_in_timm(name), "other.pth"), Options())


def test_a_stem_that_shapes_do_not_explain_is_refused(unread_file):
    shapes = shapes_in_timm("resnet18") | {"conv1.weight": (64, 3, 3, 3)}
    with pytest.raises(UserError, match=r"begin with a 3x3 convolution.*from_timm"):
        LAYOUT.read(unread_file(shapes), Options())


@pytest.mark.parametrize(
    ("name", "file", "resolution", "crop_fraction", "resize", "averaged"),
    [
        ("resnet50", "resnet50-0676ba61.pth", 224, 0.875, "pil_bilinear", False),
        ("resnet50d", "model.safetensors", 224, 0.875, "pil_bicubic", False),
        ("resnet101d", "model.safetensors", 256, 0.95, "pil_bicubic", False),
        ("resnetrs50", "resnetrs50_ema-6b53758b.pth", 160, 0.91, "pil_bicubic", True),
        ("resnetrs101", "resnetrs101_i192_ema-1509bbf6.pth", 192, 0.94, "pil_bicubic", True),
        ("resnetrs350", "resnetrs350_i256_ema-5a1aa8f1.pth", 288, 1.0, "pil_bicubic", True),
    ],
)
def test_the_input_is_the_documented_default_and_said_to_be_one(
    name, file, resolution, crop_fraction, resize, averaged, as_file
):
    tensors = {key: torch.zeros(()).expand(shape) for key, shape in shapes_in_timm(name).items()}
    imported = LAYOUT.read(as_file(tensors, file), Options())
    preprocessing = imported.preprocessing
    assert (preprocessing.resolution, preprocessing.crop_fraction) == (resolution, crop_fraction)
    assert (preprocessing.crop_rule, preprocessing.resize) == ("resize_first", resize)
    assert imported.averaged == averaged
    assert any("preprocessing is" in note for note in imported.notes)
    assert timm_preprocessing(imported.config, Options(resolution=99))[0].resolution == 99


@pytest.mark.parametrize("name", [name for name in ENTRIES if name.endswith(("d", "rs")) or "rs" in name])
def test_the_input_is_timms_own_where_only_timm_has_the_network(name):
    row, _ = ENTRIES[name]
    cfg = timm.create_model(name, num_classes=0, layers=(1, 1, 1, 1)).pretrained_cfg
    preprocessing, _ = timm_preprocessing(FAMILIES[row], Options())
    assert preprocessing.resolution == cfg["input_size"][-1]
    assert preprocessing.crop_fraction == cfg["crop_pct"]
    assert preprocessing.resize == f"pil_{cfg['interpolation']}"
    assert (preprocessing.mean, preprocessing.std) == (cfg["mean"], cfg["std"])


def test_1001_classes_start_with_the_background():
    config = dataclasses.replace(FAMILIES["resnet_rs_50"], num_classes=1001)
    preprocessing, notes = timm_preprocessing(config, Options())
    assert preprocessing.class_offset == 1
    assert "1001 classes" in notes[0]


@pytest.fixture(scope="module")
def small_model():
    return create_model("resnet_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=3)


def test_every_missing_extra_and_misshapen_tensor_is_named_in_one_line(small_model):
    weights = to_timm(small_model.state_dict(), small_model)
    del weights["maxpool.1.bias"]
    weights["head.fc.weight"] = torch.zeros(1)
    weights["fc.bias"] = torch.zeros(1000)
    with pytest.raises(UserError) as error:
        from_timm(weights, small_model)
    message = str(error.value)
    assert "1 missing: maxpool.1.bias" in message
    assert "1 extra: head.fc.weight" in message
    assert "1 misshapen: fc.bias [1000] instead of [3]" in message
    assert "\n" not in message


def test_a_state_dict_of_another_network_is_refused_on_the_way_out(small_model):
    weights = small_model.state_dict()
    weights["classifier.bias"] = torch.zeros(4)
    with pytest.raises(UserError, match=r"1 misshapen: classifier\.bias \[4\] instead of \[3\]"):
        to_timm(weights, small_model)


def test_a_wholly_foreign_state_dict_still_makes_a_readable_line(small_model):
    with pytest.raises(UserError) as error:
        from_timm({f"blocks.{i}.weight": torch.zeros(1) for i in range(300)}, small_model)
    assert "300 extra" in str(error.value)
    assert "and 295 more" in str(error.value)
    assert len(str(error.value)) < 800


def tiny_shapes(**changes):
    config = dataclasses.replace(FAMILIES["resnet_rs_50"], blocks=(1, 2, 1, 1), width_multiplier=0.125, num_classes=3)
    with torch.device("meta"):
        model = build_model(dataclasses.replace(config, **changes))
        return {name: tuple(tensor.shape) for name, tensor in to_timm(model.state_dict(), model).items()}


BASIC = {"block": "basic", "stem": "7x7", "stem_downsampling": "max_pool", "downsampling": "B", "se_ratio": 0.0}


@pytest.mark.parametrize("changes", [{}, BASIC], ids=["rs", "basic"])
def test_whichever_tensor_is_missing_is_named_alone_and_nothing_is_read(changes, unread_file):
    shapes = tiny_shapes(**changes)
    for name in (name for name in shapes if not name.endswith("num_batches_tracked")):
        cut = {n: shape for n, shape in shapes.items() if n != name}
        with pytest.raises(UserError, match=rf"look like resnet_.* but do not fit it \(1 missing: {name}\)"):
            LAYOUT.read(unread_file(cut), Options())


@pytest.mark.parametrize("changes", [{}, BASIC], ids=["rs", "basic"])
def test_whichever_tensor_is_misshapen_is_named_alone(changes, unread_file):
    shapes = tiny_shapes(**changes)
    for name, shape in shapes.items():
        wrong = (shape[0] + 7, *shape[1:]) if shape else (7,)
        with pytest.raises(UserError, match=rf"\(1 misshapen: (fc.bias|{name}) "):
            LAYOUT.read(unread_file(shapes | {name: wrong}), Options())


def test_a_network_without_its_stem_is_refused(unread_file):
    shapes = {name: shape for name, shape in tiny_shapes().items() if name.startswith("layer")}
    with pytest.raises(UserError, match="have no stem"):
        LAYOUT.read(unread_file(shapes), Options())


def test_a_tensor_too_many_is_named(unread_file):
    with pytest.raises(UserError, match=r"\(1 extra: layer5.0.conv1.weight\)"):
        LAYOUT.read(unread_file(tiny_shapes() | {"layer5.0.conv1.weight": (1, 1, 1, 1)}), Options())


def test_a_block_number_out_of_reach_builds_no_huge_network(unread_file):
    with pytest.raises(UserError, match=r"extra: layer1\.999999999\.conv1\.weight"):
        LAYOUT.read(unread_file(tiny_shapes() | {"layer1.999999999.conv1.weight": (8, 32, 1, 1)}), Options())


@pytest.mark.parametrize(
    ("names", "recognized"),
    [
        (["layer1.0.conv1.weight"], True),
        (["layer4.2.se.fc1.bias", "fc.weight"], True),
        (["stages.c2.0.conv1.weight", "fc.weight"], False),
        (["backbone.layer1.0.conv1.weight"], False),
        (["conv2d/kernel", "batch_normalization/gamma"], False),
        ([], False),
    ],
)
def test_recognizes_numbered_stages(names, recognized):
    assert LAYOUT.recognizes(dict.fromkeys(names, (1,))) == recognized


def test_selective_kernels_have_no_names_here():
    with torch.device("meta"):
        model = create_model("resnet_d_50", sk_ratio=0.0625)
    with pytest.raises(UserError, match="no names for these selective kernels"):
        to_timm(model.state_dict(), model)


def test_a_network_of_clips_has_no_names_here():
    with torch.device("meta"):
        model = create_model("r3d_50")
    with pytest.raises(UserError, match="3D network"):
        timm_names(model)
