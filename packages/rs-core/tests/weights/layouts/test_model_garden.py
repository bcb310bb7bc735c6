"""Model Garden's checkpoints: recognised, exact against TensorFlow's own runs, refused where they do not fit."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rs_core import UserError
from rs_core.models import FAMILIES, ResNet3dConfig, build_model, create_model
from rs_core.weights.files import TensorFile
from rs_core.weights.layouts.layout import Options
from rs_core.weights.layouts.model_garden import LAYOUT, from_model_garden
from rs_core.weights.layouts.model_garden_names import garden_paths, garden_shape
from rs_core.weights.published import PUBLISHED, list_published

VARIABLE = "/.ATTRIBUTES/VARIABLE_VALUE"
AVERAGE = "/.OPTIMIZER_SLOT/optimizer/average"
NAN = torch.tensor(float("nan"))
MOMENTUM = "/.OPTIMIZER_SLOT/optimizer/ema_base_optimizer/momentum"

CLIPS = ["r3d50_8x64x64", "r3d50_8x96x64", "r3drs50_8x64x64", "r3drs50_8x96x64"]
RELEASED_RS = {
    "activation": "silu",
    "padding": "same",
    "pool_every_shortcut": True,
    "num_classes": 1001,
    "zero_gamma": False,
    "init": "tf2",
}


def shapes_as_file(shapes, path="/checkpoints/model.ckpt-1"):
    return TensorFile(Path(path), shapes, lambda name: torch.empty(shapes[name], device="meta"))


def checkpoint(record, ema):
    """Give the recorded network's checkpoint of training; what must not be taken from it is not a number."""
    tensors = {"global_step" + VARIABLE: torch.tensor(73682), "save_counter" + VARIABLE: torch.tensor(3)}
    variables = record.variables(ema=ema)
    record.check_probes(variables, ema=ema)
    for key, array in zip(record.recorded["var_ckpt_keys"], variables.values(), strict=True):
        path = str(key).removesuffix(VARIABLE)
        for slot in ("", AVERAGE, MOMENTUM):
            is_wanted = slot == (AVERAGE if ema else "")
            tensors[path + slot + VARIABLE] = torch.from_numpy(array) if is_wanted else NAN.expand(array.shape)
    return tensors


def checkpoint_of(model, slots=("",)):
    """Give the shapes of the checkpoint of a network."""
    ours = model.state_dict()
    return {
        path + slot + VARIABLE: garden_shape(key, ours[key])
        for key, path in garden_paths(model).items()
        for slot in slots
    }


def on_meta(name, **options):
    with torch.device("meta"):
        return create_model(name, **options)


def read(file, **options):
    assert LAYOUT.recognizes(file.shapes)
    return LAYOUT.read(file, Options(**options))


@pytest.mark.parametrize("ema", [False, True], ids=["raw", "ema"])
@pytest.mark.parametrize("case", ["tf2_resnet_rs/rs50_i160", *(f"tf2_resnet_3d/{case}" for case in CLIPS)])
def test_the_network_computes_what_model_garden_computes(case, ema, oracle, check_run, as_file):
    record = oracle(case)
    imported = read(as_file(checkpoint(record, ema)), ema=ema)
    assert imported.averaged == ema
    model = build_model(imported.config)
    model.load_state_dict(imported.weights)
    check_run(record, model, ema=ema)


@pytest.mark.parametrize(
    ("case", "row", "options"),
    [
        ("tf2_resnet_rs/checkpoint_keys_rs50", "resnet_rs_50", RELEASED_RS),
        ("tf2_resnet_3d/checkpoint_keys_r3drs50", "r3d_rs_50", {}),
    ],
)
def test_a_real_training_checkpoint_is_recognised_and_nothing_in_it_is_unaccounted_for(case, row, options, shared):
    listing = np.load(shared / "oracles" / f"{case}.npz")
    shapes = {str(n): tuple(json.loads(s)) for n, s in zip(listing["ckpt_names"], listing["ckpt_shapes"], strict=True)}
    del shapes["_CHECKPOINTABLE_OBJECT_GRAPH"]  # a string, which files do not give
    imported = read(shapes_as_file(shapes))
    assert imported.averaged
    assert imported.config == dataclasses.replace(FAMILIES[row], **options)
    counters = [key for key in imported.weights if key.endswith("num_batches_tracked")]
    assert sum(imported.passed_over.values()) + len(imported.weights) - len(counters) == len(shapes)
    num_trainable = sum(1 for _ in build_model_on_meta(imported.config).parameters())
    assert imported.passed_over["momentum"] == num_trainable
    assert imported.passed_over["training state"] == 5


def build_model_on_meta(config):
    with torch.device("meta"):
        return build_model(config)


ROWS = ["r3d_50", "r3d_101", "r3d_rs_50", "r3d_rs_152", "r3d_rs_350"]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("num_classes", [0, 400, 600])
def test_rows_of_clips_are_found_from_shapes(name, num_classes):
    model = on_meta(name, num_classes=num_classes)
    imported = read(shapes_as_file(checkpoint_of(model)))
    assert imported.config == model.config
    assert imported.architecture.split(" with ")[0] == name


@pytest.mark.parametrize(
    "options",
    [
        {
            "temporal_kernel_sizes": ((3,), (3, 1), (3, 1), (1, 3)),
            "pool_temporal_stride": 2,
            "self_gating": "before_se",
        },
        {"stem_temporal_kernel_size": 3, "in_channels": 1},
        {"blocks": (1, 2, 1, 1), "temporal_kernel_sizes": ((1,), (3, 5), (3,), (3,))},
        {"width_multiplier": 0.5, "se_ratio": 0.2},
        {"stem": "deep", "se_ratio": 0.25},
    ],
    ids=["model garden's own R3D-50", "grey clips", "unlike kernels", "half width", "deep stem"],
)
def test_what_shapes_tell_of_clips_is_found(options):
    model = on_meta("r3d_50", **options)
    assert read(shapes_as_file(checkpoint_of(model))).config == model.config


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("resnet_50", {"padding": "same", "stem_pool_padding": "same", "num_classes": 1001}),
        ("resnet_rs_152", RELEASED_RS),
        ("resnet_rs_420", RELEASED_RS | {"num_classes": 0}),
        ("resnet_rs_50", RELEASED_RS | {"width_multiplier": 0.5, "in_channels": 4}),
        ("resnet_d_101", RELEASED_RS | {"stem_pool_padding": "same", "activation": "relu"}),
    ],
)
def test_what_shapes_tell_of_images_is_found(name, options):
    model = on_meta(name, **({"zero_gamma": False, "init": "tf2"} | options))
    assert read(shapes_as_file(checkpoint_of(model))).config == model.config


def test_images_come_as_model_garden_feeds_them():
    shapes = checkpoint_of(on_meta("resnet_rs_152", **RELEASED_RS))
    imported = read(shapes_as_file(shapes, "/models/resnet-rs-152-i192/ckpt-109200"))
    preprocessing = imported.preprocessing
    assert (preprocessing.resolution, preprocessing.crop_rule, preprocessing.resize) == (192, "tf2", "tf2_bilinear")
    assert preprocessing.class_offset == 1
    assert any("released ones, SiLU" in note for note in imported.notes)
    assert read(shapes_as_file(shapes), resolution=288).preprocessing.resolution == 288
    ambiguous = read(shapes_as_file(shapes))
    assert any("192" in note and "224" in note for note in ambiguous.notes)


def test_clips_come_between_zero_and_one():
    preprocessing = read(shapes_as_file(checkpoint_of(on_meta("r3d_rs_50")))).preprocessing
    assert (preprocessing.mean, preprocessing.std) == ((0, 0, 0), (1, 1, 1))
    assert preprocessing.class_offset == 0


def test_clips_have_their_short_edge_resized_to_the_crop():
    preprocessing = read(shapes_as_file(checkpoint_of(on_meta("r3d_50", num_classes=0)))).preprocessing
    assert (preprocessing.crop_rule, preprocessing.crop_fraction) == ("resize_first", 1.0)
    assert preprocessing.resize == "tf2_bilinear"
    assert read(shapes_as_file(checkpoint_of(on_meta("r3d_50"))), resolution=224).preprocessing.resolution == 224


@pytest.mark.parametrize("name", list_published("r3d_50.cvrl-*"))
def test_published_clips_load_at_the_resolution_that_the_table_lists(name):
    loaded = read(shapes_as_file(checkpoint_of(on_meta("r3d_50", num_classes=0))))
    assert loaded.preprocessing.resolution == PUBLISHED[name].resolution == 256


def test_raw_weights_are_taken_where_there_is_no_average_and_it_is_said():
    imported = read(shapes_as_file(checkpoint_of(on_meta("r3d_rs_50"))))
    assert not imported.averaged
    assert "no weight average" in imported.notes[0]
    assert "no weight average" not in read(shapes_as_file(checkpoint_of(on_meta("r3d_rs_50"))), ema=False).notes[0]


def test_statistics_without_an_average_are_the_last_ones(as_file):
    model = create_model("r3d_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=3)
    tensors = {name: torch.randn(shape) for name, shape in checkpoint_of(model, ["", AVERAGE]).items()}
    tensors = {n: t for n, t in tensors.items() if not (AVERAGE in n and "moving" in n)}
    weights = read(as_file(tensors)).weights
    root = "backbone/layer_with_weights-1/"
    assert torch.equal(weights["stem.bn1.running_mean"], tensors[root + "moving_mean" + VARIABLE])
    assert torch.equal(weights["stem.bn1.weight"], tensors[root + "gamma" + AVERAGE + VARIABLE])


def test_the_projection_head_of_contrastive_training_is_passed_over():
    shapes = checkpoint_of(on_meta("r3d_50", num_classes=0))
    head = {1: {"kernel": (2048, 2048), "bias": (2048,)}, 2: {"gamma": (2048,)}, 3: {"kernel": (2048, 128)}}
    shapes |= {
        f"model/layer_with_weights-{i}/{leaf}{VARIABLE}": s for i, layer in head.items() for leaf, s in layer.items()
    }
    imported = read(shapes_as_file(shapes))
    assert imported.config == dataclasses.replace(FAMILIES["r3d_50"], num_classes=0)
    assert imported.passed_over == {"projection head": 4}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("backbone/layer_with_weights-7/_norm2/beta" + VARIABLE), "1 missing: backbone/layer_with"),
        (lambda s: s.update({"backbone/layer_with_weights-7/_extra/kernel" + VARIABLE: (3,)}), "1 extra: backbone/"),
        (
            lambda s: s.update({"backbone/layer_with_weights-8/_expand_conv/kernel" + VARIABLE: (1, 1, 1, 9, 256)}),
            "[1, 1, 1, 9, 256] instead of [1, 1, 1, 64, 256]",
        ),
        (lambda s: s.pop("backbone/layer_with_weights-12/_self_gating/_transformer_w/kernel" + VARIABLE), "1 missing"),
        (
            lambda s: s.pop("model/layer_with_weights-1/kernel" + VARIABLE),
            "1 missing: model/layer_with_weights-1/kernel",
        ),
    ],
    ids=["missing", "extra", "misshapen", "a gate without its kernel", "half a classifier"],
)
def test_what_does_not_fit_is_refused_in_one_line_that_names_it(change, message):
    shapes = checkpoint_of(on_meta("r3d_rs_50"))
    change(shapes)
    with pytest.raises(UserError) as error:
        read(shapes_as_file(shapes))
    assert message in str(error.value)
    assert "/checkpoints/model.ckpt-1" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "keep",
    ["backbone/layer_with_weights-0/", "model/", "backbone/layer_with_weights-7/_norm2/"],
)
def test_a_scrap_of_a_checkpoint_is_refused_in_one_line(keep):
    shapes = {n: s for n, s in checkpoint_of(on_meta("r3d_rs_50")).items() if n.startswith(keep)}
    with pytest.raises(UserError, match="not a residual network of ours"):
        read(shapes_as_file(shapes))


SMALL = {"blocks": (1, 2, 1, 1), "width_multiplier": 0.125}


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_nothing_but_a_one_line_refusal_comes_of_shapes_gone_wrong(data):
    name = data.draw(st.sampled_from(["r3d_rs_50", "r3d_50", "resnet_rs_50"]))
    shapes = checkpoint_of(on_meta(name, **SMALL))
    sizes = st.lists(st.integers(0, 300), max_size=5).map(tuple)
    for victim in data.draw(st.lists(st.sampled_from(sorted(shapes)), min_size=1, max_size=40, unique=True)):
        if data.draw(st.booleans()):
            shapes[victim] = data.draw(sizes)
        else:
            del shapes[victim]
    try:
        LAYOUT.read(shapes_as_file(shapes), Options())
    except UserError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("names", [[], ["conv2d/kernel"], ["layer1.0.conv1.weight"], ["global_step" + VARIABLE]])
def test_other_names_are_not_taken_for_model_garden_s(names):
    assert not LAYOUT.recognizes(dict.fromkeys(names, (1,)))


def test_weights_for_a_given_network_are_checked_against_it():
    model = create_model("r3d_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=3)
    tensors = {name: torch.randn(shape) for name, shape in checkpoint_of(model).items()}
    weights = from_model_garden(tensors, model)
    model.load_state_dict(weights)
    gate = tensors["backbone/layer_with_weights-6/_self_gating/_transformer_w/kernel" + VARIABLE]
    assert torch.equal(model.stages["c2"][0].self_gating.weight, gate[0, 0, 0].T)
    with pytest.raises(UserError, match="missing"):
        from_model_garden(tensors, model, ema=True)
    assert isinstance(model.config, ResNet3dConfig)
