"""Keras' own ResNet-RS as oracle: its names, and the logits it computes from a file it saved."""

import dataclasses
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from rs_core import UserError
from rs_core.models.create import build_model
from rs_core.models.families import FAMILIES
from rs_core.weights.files import open_tensors
from rs_core.weights.layouts.keras import LAYOUT, keras_name, our_key
from rs_core.weights.layouts.layout import Options
from rs_core.weights.layouts.tf1 import tf1_shape

DEPTHS = (50, 101, 152, 200, 270, 350, 420)


def published_shapes(config):
    """Names and shapes of a file of this network, as the published ones spell them."""
    with torch.device("meta"):
        state = build_model(config).state_dict()
    keys = (key for key in state if not key.endswith("num_batches_tracked"))
    return {keras_name(key): tf1_shape(key, state[key]) for key in keys}


def spelled_by_keras(name):
    """Turn a published name to what Keras' own code saves."""
    name = re.sub(r"^stem_", "stem_1_stem_", name)
    name = re.sub(r"^c(\d)_block_(\d+)_", r"BlockGroup\1__block_\2__", name)
    return name.replace("__se_", "__se_se_").replace("__batch_norm_1", "_batch_norm_1")


@pytest.fixture(scope="module")
def keras_run(tmp_path_factory):
    """The folder that ``run_keras.py`` fills."""
    if importlib.util.find_spec("tf_keras") is None:
        pytest.skip("tf_keras is not installed")
    folder = tmp_path_factory.mktemp("keras")
    program = Path(__file__).with_name("run_keras.py")
    subprocess.run([sys.executable, program, folder], check=True, capture_output=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "num_classes"), [("resnet-rs-50-i160", 1000), ("resnet-rs-50-i160_notop", 0)], ids=["top", "notop"]
)
def test_a_file_that_keras_saved_becomes_a_network_with_its_outputs(file, num_classes, keras_run):
    imported = LAYOUT.read(open_tensors(keras_run / f"{file}.h5"), Options())
    assert imported.config == dataclasses.replace(FAMILIES["resnet_rs_50"], num_classes=num_classes)
    ours = build_model(imported.config)
    ours.load_state_dict(imported.weights)

    with np.load(keras_run / "outputs.npz") as outputs:
        pixels, expected = torch.from_numpy(outputs["pixels"]), outputs[file]
    mean, std = torch.tensor(imported.preprocessing.mean), torch.tensor(imported.preprocessing.std)
    images = ((pixels / 255 - mean) / std).permute(0, 3, 1, 2)
    with torch.no_grad():
        logits = ours.eval()(images).numpy()
    assert np.abs(logits - expected).max() < 1e-4 * expected.std()


@pytest.mark.slow
def test_names_and_shapes_are_those_of_keras_own_code(keras_run):
    theirs = json.loads((keras_run / "names.json").read_text())
    # Keras counts the stems of a session.
    theirs = {re.sub(r"^stem_\d+_", "stem_1_", name.split(":")[0]): tuple(shape) for name, shape in theirs.items()}
    published = published_shapes(FAMILIES["resnet_rs_50"])
    assert theirs == {spelled_by_keras(name): shape for name, shape in published.items()}


@pytest.mark.parametrize("spelling", [str, spelled_by_keras], ids=["published", "keras"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_every_depth_is_found_in_both_spellings(depth, spelling, as_file):
    row = FAMILIES[f"resnet_rs_{depth}"]
    tensors = {spelling(name): torch.zeros(()).expand(shape) for name, shape in published_shapes(row).items()}
    assert {our_key(name) for name in tensors} == {our_key(name) for name in published_shapes(row)}
    imported = LAYOUT.read(as_file(tensors, "model.h5"), Options())
    assert (imported.config, imported.architecture) == (row, f"resnet_rs_{depth}")


@pytest.fixture(scope="module")
def tiny():
    return dataclasses.replace(FAMILIES["resnet_rs_50"], blocks=(1, 2, 1, 1), width_multiplier=0.125, num_classes=3)


@pytest.mark.parametrize(
    ("file", "resolution", "averaged"),
    [("resnet-rs-50-i160.h5", 160, True), ("resnet-rs-50-i160_notop.h5", 160, True), ("mine.h5", 160, False)],
)
def test_the_input_is_that_of_the_tf1_weights_and_only_published_files_are_known_to_be_averages(
    file, resolution, averaged, tiny, as_file
):
    imported = LAYOUT.read(as_file({n: torch.zeros(s) for n, s in published_shapes(tiny).items()}, file), Options())
    preprocessing = imported.preprocessing
    assert (preprocessing.resolution, preprocessing.crop_rule, preprocessing.resize) == (
        resolution,
        "tf1",
        "tf1_bicubic",
    )
    assert imported.averaged == averaged


def test_kernels_keep_their_meaning_when_the_axes_turn(tiny, as_file):
    tensors = {name: torch.zeros(shape) for name, shape in published_shapes(tiny).items()}
    tensors["stem_conv_1/kernel"][0, 2, 1, 3] = 5  # row 0, column 2, from channel 1 to channel 3
    tensors["predictions/kernel"][10, 2] = 7  # from feature 10 to class 2
    tensors["c2_block_0_se_reduce/kernel"][0, 0, 6, 1] = 9  # from channel 6 to unit 1
    weights = LAYOUT.read(as_file(tensors), Options()).weights
    assert weights["stem.conv1.weight"][3, 1, 0, 2] == 5
    assert weights["classifier.weight"][2, 10] == 7
    assert weights["stages.c2.0.se.reduce.weight"][1, 6] == 9


def test_whichever_tensor_is_missing_or_misshapen_is_named_alone_and_nothing_is_read(tiny, unread_file):
    shapes = published_shapes(tiny)
    for name, shape in shapes.items():
        cut = {n: s for n, s in shapes.items() if n != name}
        with pytest.raises(UserError, match=rf"look like resnet_rs_50 .*\(1 missing: {name}\)"):
            LAYOUT.read(unread_file(cut), Options())
        wrong = (*shape[:-1], shape[-1] + 7)
        with pytest.raises(UserError, match=rf"\(1 misshapen: (predictions/\w+|{name}) "):
            LAYOUT.read(unread_file(shapes | {name: wrong}), Options())


def test_a_second_spelling_of_the_same_tensor_and_a_stranger_are_extra(tiny, unread_file):
    shapes = published_shapes(tiny)
    twice = {"stem_1_stem_conv_1/kernel": (3, 3, 3, 4), "dense/kernel": (256, 3)}
    with pytest.raises(UserError, match=r"2 extra: stem_conv_1/kernel, dense/kernel|2 extra: .*stem_1_stem_conv_1"):
        LAYOUT.read(unread_file(shapes | twice), Options())


@pytest.mark.parametrize(
    ("names", "recognized"),
    [
        (["c2_block_0_conv_1/kernel"], True),
        (["BlockGroup5__block_2__se_se_expand/bias"], True),
        (["conv2_block1_1_conv/kernel"], False),  # Keras' plain ResNet-50
        (["conv2d/kernel", "batch_normalization/gamma"], False),
        (["layer1.0.conv1.weight"], False),
        ([], False),
    ],
)
def test_recognizes_named_blocks(names, recognized):
    assert LAYOUT.recognizes(dict.fromkeys(names, (1,))) == recognized
