"""The released TF1 code as oracle: names, layouts, and the numbers it computed."""

import json

import numpy as np
import pytest
import torch

from rs_core import UserError, create_model
from rs_core.weights import from_tf1, tf1_names

CASES = {
    "rs50_i160": ("resnet_rs_50", {}),
    # The released plain network: symmetric 7x7 convolution, then a max-pool with TensorFlow's padding.
    "v50_i224": ("resnet_50", {"stem_pool_padding": "same"}),
}


@pytest.mark.parametrize("case", CASES)
def test_names_are_the_variables_of_the_released_graph_in_creation_order(case, oracle):
    name, options = CASES[case]
    with torch.device("meta"):
        names = tf1_names(create_model(name, **options))
    assert list(names.values()) == list(oracle(f"tf1_resnet_rs/{case}").recorded["var_names"])


@pytest.mark.parametrize("ema", [False, True], ids=["raw", "ema"])
@pytest.mark.parametrize("case", CASES)
def test_the_network_computes_what_the_released_code_computes(case, ema, oracle, check_run):
    record = oracle(f"tf1_resnet_rs/{case}")
    variables = record.variables(ema=ema)
    record.check_probes(variables, ema=ema)
    name, options = CASES[case]
    with torch.device("meta"):
        model = create_model(name, **options)
    model.load_state_dict(from_tf1(variables, model, ema=ema), assign=True)
    check_run(record, model, ema=ema)


def zeros_for(model):
    """Variables of the right names and shapes."""
    variables = {}
    for key, name in tf1_names(model).items():
        match tuple(model.state_dict()[key].shape):
            case (num_outputs, num_inputs, height, width):
                shape = (height, width, num_inputs, num_outputs)
            case (num_outputs, num_inputs):
                shape = (1, 1, num_inputs, num_outputs) if ".se." in key else (num_inputs, num_outputs)
            case shape:
                pass
        variables[name] = np.zeros(shape)
    return variables


@pytest.fixture(scope="module")
def small_model():
    return create_model("resnet_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=3)


@pytest.mark.parametrize(("case", "averaged"), [("rs50_i160", [False, True]), ("v50_i224", [False])])
def test_everything_that_a_released_checkpoint_lists_is_used_or_known(case, averaged, oracle):
    recorded = oracle(f"tf1_resnet_rs/{case}").recorded
    shapes = map(json.loads, recorded["ckpt_shapes"])
    listed = zip(recorded["ckpt_names"], shapes, strict=True)
    variables = {name: np.broadcast_to(np.float32(0), shape) for name, shape in listed}
    name, options = CASES[case]
    with torch.device("meta"):
        model = create_model(name, **options)
    for ema in averaged:
        assert from_tf1(variables, model, ema=ema).keys() == model.state_dict().keys()


def test_optimiser_slots_the_step_and_the_other_set_are_passed_over(small_model):
    variables = zeros_for(small_model)
    averages = {f"{name}/ExponentialMovingAverage": array + 1 for name, array in variables.items()}
    rest = {"global_step": np.int64(7), "conv2d/kernel/Momentum": np.ones((3, 3, 3, 4))}
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
    variables["conv2d_99/kernel"] = np.zeros(1)
    variables["dense/bias"] = np.zeros(4)
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
