"""The released TF1 code as oracle: names, layouts, and the numbers it computed."""

import json
from collections import Counter

import pytest
import torch

from rs_core import UserError, create_model
from rs_core.models.create import build_model
from rs_core.models.families import FAMILIES
from rs_core.weights import from_tf1, tf1_names
from rs_core.weights.layouts.layout import Options
from rs_core.weights.layouts.tf1 import EMA_SUFFIX, LAYOUT, tf1_shape
from rs_core.weights.layouts.tf1_outline import tf1_config

# The released plain network: symmetric 7x7 convolution, then a max-pool with TensorFlow's padding.
CASES = {"rs50_i160": ("resnet_rs_50", {}), "v50_i224": ("resnet_50", {"stem_pool_padding": "same"})}
TINY = {"blocks": (1, 2, 1, 1), "width_multiplier": 0.125, "num_classes": 3}

RS_DEPTHS = (50, 101, 152, 200, 270, 350, 420)
PLAIN_DEPTHS = (50, 101, 152, 200)


def released_shapes(blocks, *, rs, num_classes=1000):
    """Names and shapes in the order in which the released resnet_model.py creates them."""
    shapes = {}
    counts = Counter()

    def add(layer, leaves):
        number = f"_{counts[layer]}" if counts[layer] else ""
        counts[layer] += 1
        shapes.update({f"{layer}{number}/{leaf}": shape for leaf, shape in leaves.items()})

    def conv(size, num_inputs, num_outputs):
        add("conv2d", {"kernel": (size, size, num_inputs, num_outputs)})
        add("batch_normalization", dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (num_outputs,)))

    def squeeze(num_inputs, num_outputs):
        add("conv2d", {"kernel": (1, 1, num_inputs, num_outputs), "bias": (num_outputs,)})

    for layer in [(3, 3, 32), (3, 32, 32), (3, 32, 64), (3, 64, 64)] if rs else [(7, 3, 64)]:
        conv(*layer)
    channels = 64
    for width, count in zip((64, 128, 256, 512), blocks, strict=True):
        for number in range(count):
            if number == 0:
                conv(1, channels, 4 * width)
            conv(1, channels, width)
            conv(3, width, width)
            conv(1, width, 4 * width)
            if rs:
                squeeze(4 * width, width)
                squeeze(width, 4 * width)
            channels = 4 * width
    add("dense", {"kernel": (channels, num_classes), "bias": (num_classes,)})
    return shapes


def recorded_file(record, *, ema, as_file, path="resnet-rs-50-i160/model.ckpt-109475"):
    variables = record.variables(ema=ema)
    record.check_probes(variables, ema=ema)
    return as_file({name: torch.from_numpy(array) for name, array in variables.items()}, path)


def listed_shapes(record):
    """What a checkpoint of the training graph lists."""
    return dict(zip(record["ckpt_names"].tolist(), map(tuple, map(json.loads, record["ckpt_shapes"])), strict=True))


def zeros_for(model):
    """Variables of the right names and shapes."""
    ours = model.state_dict()
    return {name: torch.zeros(tf1_shape(key, ours[key])) for key, name in tf1_names(model).items()}


@pytest.fixture(scope="module")
def small_model():
    return create_model("resnet_rs_50", **TINY)


@pytest.mark.parametrize("case", CASES)
def test_names_are_the_variables_of_the_released_graph_in_creation_order(case, oracle):
    name, options = CASES[case]
    with torch.device("meta"):
        names = tf1_names(create_model(name, **options))
    assert list(names.values()) == list(oracle(f"tf1_resnet_rs/{case}").recorded["var_names"])


@pytest.mark.parametrize("ema", [False, True], ids=["raw", "ema"])
@pytest.mark.parametrize("case", CASES)
def test_the_network_that_is_found_computes_what_the_released_code_computes(case, ema, oracle, as_file, check_run):
    record = oracle(f"tf1_resnet_rs/{case}")
    imported = LAYOUT.read(recorded_file(record, ema=ema, as_file=as_file), Options())
    name, options = CASES[case]
    with torch.device("meta"):
        model = build_model(imported.config)
        assert model.config == create_model(name, **options).config
    assert imported.averaged == ema
    model.load_state_dict(imported.weights, assign=True)
    check_run(record, model, ema=ema)


@pytest.mark.parametrize("depth", RS_DEPTHS)
def test_every_released_depth_is_its_row_with_every_variable_in_its_place(depth):
    row = FAMILIES[f"resnet_rs_{depth}"]
    shapes = released_shapes(row.blocks, rs=True)
    with torch.device("meta"):
        model = build_model(row)
    assert tf1_config(shapes, "x") == row
    ours = model.state_dict()
    assert {name: tf1_shape(key, ours[key]) for key, name in tf1_names(model).items()} == shapes


@pytest.mark.parametrize("depth", PLAIN_DEPTHS)
def test_plain_depths_are_their_rows_but_for_tensorflows_pool(depth):
    row = FAMILIES[f"resnet_{depth}"]
    config = tf1_config(released_shapes(row.blocks, rs=False), "x")
    assert config == create_config(row, stem_pool_padding="same")


def create_config(row, **changes):
    return type(row)(**{**vars(row), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"blocks": (1, 2, 3, 1)},
        {"width_multiplier": 0.5},
        {"width_multiplier": 2.0, "scale_stem": False},
        {"stem_widths": (24, 32, 48)},
        {"se_ratio": 0.0},
        {"se_ratio": 0.0625},
        {"in_channels": 1},
        {"num_classes": 10},
        {"stem": "7x7", "downsampling": "B"},
        {"sk_ratio": 0.0625, "pool_every_shortcut": True},
        {"sk_ratio": 0.25, "pool_every_shortcut": True, "se_ratio": 0.0},
    ],
    ids=str,
)
def test_other_networks_of_the_released_code_are_found_too(changes):
    config = create_config(FAMILIES["resnet_rs_50"], **changes)
    assert tf1_config(shapes_of(config), "x") == config


def shapes_of(config):
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in zeros_for(build_model(config)).items()}


@pytest.mark.parametrize("ratio", [0.01, 0.1, 0.3])
def test_a_ratio_that_shapes_do_not_tell_becomes_one_of_the_same_shapes(ratio):
    config = create_config(FAMILIES["resnet_rs_50"], sk_ratio=ratio, pool_every_shortcut=True)
    assert shapes_of(tf1_config(shapes_of(config), "x")) == shapes_of(config)


def test_selective_kernels_of_unrelated_reduced_widths_are_refused():
    config = create_config(FAMILIES["resnet_50"], sk_ratio=0.0625)
    shapes = shapes_of(config)
    shapes |= {name: (40,) for name in shapes if name.startswith("batch_normalization_4/")}  # of the first block
    shapes |= {name: (40,) for name in shapes if name.startswith(("batch_normalization_8/", "batch_normalization_12/"))}
    with pytest.raises(UserError, match=r"^x have .* reduced widths \(40, 32, 32, 32\) in c2 to c5"):
        tf1_config(shapes, "x")


def test_a_training_checkpoint_of_the_release_is_read_without_its_slots_and_other_weights(oracle, as_file):
    recorded = oracle("tf1_resnet_rs/rs50_i160").recorded
    shapes = listed_shapes(recorded)
    read = []
    tensors = as_file({name: torch.zeros(()).expand(shape) for name, shape in shapes.items()})
    tensors._read = lambda name: read.append(name) or torch.zeros(()).expand(shapes[name])
    num_weights = len(recorded["var_names"])
    num_momenta = sum(name.endswith("/Momentum") for name in shapes)

    imported = LAYOUT.read(tensors, Options())
    assert imported.averaged
    assert imported.passed_over == {"momentum": num_momenta, "weights that are not averaged": num_weights, "step": 1}
    assert len(read) == num_weights
    assert all(name.endswith(EMA_SUFFIX) for name in read)

    raw = LAYOUT.read(tensors, Options(ema=False))
    assert not raw.averaged
    assert raw.passed_over == {"momentum": num_momenta, "averages": num_weights, "step": 1}
    assert raw.weights.keys() == imported.weights.keys() == create_model("resnet_rs_50").state_dict().keys()


def test_without_averages_the_weights_of_the_last_step_are_taken_and_it_is_said(small_model, as_file):
    imported = LAYOUT.read(as_file(zeros_for(small_model)), Options())
    assert not imported.averaged
    assert "no weight average" in imported.notes[0]
    assert imported.config == small_model.config
    assert imported.architecture == ("resnet_rs_50 with blocks=(1, 2, 1, 1), width_multiplier=0.125, num_classes=3")


def test_the_released_evaluation_prepares_the_images(small_model, as_file):
    preprocessing = LAYOUT.read(
        as_file(zeros_for(small_model), "resnet-rs-50-i192/model.ckpt-7"), Options()
    ).preprocessing
    assert (preprocessing.resolution, preprocessing.crop_rule, preprocessing.resize) == (192, "tf1", "tf1_bicubic")
    assert preprocessing.class_offset == 0


def test_1001_classes_start_with_the_background(unread_file):
    shapes = released_shapes((1, 1, 1, 1), rs=True, num_classes=1001)
    assert tf1_config(shapes, "x").num_classes == 1001


def test_optimiser_slots_the_step_and_the_other_set_are_passed_over(small_model):
    variables = zeros_for(small_model)
    averages = {f"{name}/ExponentialMovingAverage": tensor + 1 for name, tensor in variables.items()}
    rest = {"global_step": torch.tensor(7), "conv2d/kernel/Momentum": torch.ones((3, 3, 3, 4))}
    raw = from_tf1(variables | averages | rest, small_model)
    ema = from_tf1(variables | averages | rest, small_model, ema=True)
    assert not any(t.any() for t in raw.values())
    assert all(t.all() for key, t in ema.items() if not key.endswith("num_batches_tracked"))


def test_kernels_keep_their_meaning_when_the_axes_turn(small_model):
    variables = zeros_for(small_model)
    variables["conv2d/kernel"][0, 2, 1, 3] = 5  # row 0, column 2, from channel 1 to channel 3
    variables["dense/kernel"][10, 2] = 7  # from feature 10 to class 2
    variables["conv2d_8/kernel"][0, 0, 6, 1] = 9  # the first squeeze: from channel 6 to unit 1
    weights = from_tf1(variables, small_model)
    assert weights["stem.conv1.weight"][3, 1, 0, 2] == 5
    assert weights["classifier.weight"][2, 10] == 7
    assert weights["stages.c2.0.se.reduce.weight"][1, 6] == 9


def test_every_missing_extra_and_misshapen_variable_is_named_in_one_line(small_model):
    variables = zeros_for(small_model)
    del variables["batch_normalization_3/gamma"]
    variables["conv2d_99/kernel"] = torch.zeros(1)
    variables["dense/bias"] = torch.zeros(4)
    with pytest.raises(UserError) as error:
        from_tf1(variables, small_model)
    message = str(error.value)
    assert "1 missing: batch_normalization_3/gamma" in message
    assert "1 extra: conv2d_99/kernel" in message
    assert "1 misshapen: dense/bias [4] instead of [3]" in message
    assert "\n" not in message


def test_a_checkpoint_without_averages_says_what_is_missing(small_model):
    with pytest.raises(UserError, match="missing: conv2d/kernel/ExponentialMovingAverage"):
        from_tf1(zeros_for(small_model), small_model, ema=True)


def test_whichever_variable_is_missing_is_named_alone_and_nothing_is_read(small_model, unread_file):
    shapes = {name: tuple(tensor.shape) for name, tensor in zeros_for(small_model).items()}
    for name in shapes:
        with pytest.raises(UserError, match=rf"^the TF1 variables of x/model.ckpt look .*\(1 missing: {name}\)"):
            LAYOUT.read(unread_file({n: s for n, s in shapes.items() if n != name}, "x/model.ckpt"), Options())


def test_whichever_variable_is_misshapen_is_named_alone(small_model, unread_file):
    shapes = {name: tuple(tensor.shape) for name, tensor in zeros_for(small_model).items()}
    for name, shape in shapes.items():
        with pytest.raises(UserError, match=rf"\(1 misshapen: (dense/bias|{name}) "):
            LAYOUT.read(unread_file(shapes | {name: (*shape[:-1], shape[-1] + 7)}), Options())


def test_an_average_that_lacks_one_variable_is_not_filled_from_the_raw_weights(small_model, unread_file):
    shapes = {name: tuple(tensor.shape) for name, tensor in zeros_for(small_model).items()}
    averages = {name + EMA_SUFFIX: shape for name, shape in shapes.items()}
    del averages[f"dense/bias{EMA_SUFFIX}"]
    with pytest.raises(UserError, match="1 missing: dense/bias/ExponentialMovingAverage"):
        LAYOUT.read(unread_file(shapes | averages), Options())


def test_a_whole_batch_norm_that_is_missing_is_named(small_model, unread_file):
    shapes = {name: tuple(tensor.shape) for name, tensor in zeros_for(small_model).items()}
    cut = {name: shape for name, shape in shapes.items() if not name.startswith("batch_normalization_7/")}
    with pytest.raises(UserError, match="lack batch_normalization_7"):
        LAYOUT.read(unread_file(cut), Options())


def test_a_number_out_of_reach_is_refused_at_once(unread_file):
    shapes = {"conv2d/kernel": (7, 7, 3, 64), "batch_normalization_999999999999/gamma": (64,)}
    with pytest.raises(UserError, match="lack batch_normalization;"):
        LAYOUT.read(unread_file(shapes), Options())


@pytest.mark.parametrize(
    "norms",
    [
        [64, 64, 64, 64, 64, 64],  # basic blocks
        [64, 256, 64, 64, 256, 64, 64],  # the last block is cut
        [64, 64, 256, 64, 64, 256, 128],  # pre-activation
        [64],
        [],
    ],
    ids=["basic", "cut", "pre-activation", "stem", "nothing"],
)
def test_networks_of_other_blocks_are_refused_in_one_line(norms, unread_file):
    shapes = {f"batch_normalization{f'_{i}' if i else ''}/gamma": (width,) for i, width in enumerate(norms)}
    with pytest.raises(UserError) as error:
        LAYOUT.read(unread_file(shapes | {"conv2d/kernel": (7, 7, 3, 64)}), Options())
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("the TF1 variables of somewhere/weights")


@pytest.mark.parametrize(
    ("names", "recognized"),
    [
        (["conv2d/kernel", "batch_normalization_3/gamma"], True),
        (["conv2d/kernel/ExponentialMovingAverage", "batch_normalization/beta/ExponentialMovingAverage"], True),
        (["base_model/conv2d/kernel", "base_model/batch_normalization/gamma"], False),
        (["conv2d/kernel"], False),
        (["layer1.0.conv1.weight"], False),
        ([], False),
    ],
)
def test_recognizes_numbered_layers(names, recognized):
    assert LAYOUT.recognizes(dict.fromkeys(names, (1,))) == recognized


def test_a_network_of_clips_has_no_names_here():
    with torch.device("meta"):
        model = create_model("r3d_50")
    with pytest.raises(UserError, match="3D network"):
        tf1_names(model)
