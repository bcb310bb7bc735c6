"""SimCLR's released code as oracle: names, the numbers it computed, and what a file can and cannot hold."""

import json
import pkgutil
import re
from pathlib import Path

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import rs_core.weights
from rs_core import UserError
from rs_core.models.create import build_model, model_config
from rs_core.weights.files import TensorFile, open_tensors
from rs_core.weights.layouts import simclr, tf1
from rs_core.weights.layouts.layout import Options
from rs_core.weights.layouts.simclr_outline import CLASSIFIER, PROJECTION

CASES = {"r50_1x_v1_i224": 2, "r50_1x_v2_i160": 3}
"""Recorded cases, with the layers of their projection head."""

DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
TINY = (1, 1, 1, 1)


def backbone_shapes(blocks, width, *, selective=False):
    """Names and shapes in the order in which the released resnet.py creates them, ``width`` times as wide."""
    shapes = {}
    counts = {"conv2d": 0, "batch_normalization": 0}

    def add(layer, leaves):
        number = f"_{counts[layer]}" if counts[layer] else ""
        counts[layer] += 1
        shapes.update({f"base_model/{layer}{number}/{leaf}": shape for leaf, shape in leaves.items()})

    def conv(size, num_inputs, num_outputs, *, norm=True):
        add("conv2d", {"kernel": (size, size, num_inputs, num_outputs)})
        if norm:
            add("batch_normalization", dict.fromkeys(NORM_LEAVES, (num_outputs,)))

    channels = 64 * width
    stem = [(3, 3, channels // 2), (3, channels // 2, channels // 2), (3, channels // 2, channels)]
    for layer in stem if selective else [(7, 3, channels)]:
        conv(*layer)
    for stage, count in enumerate(blocks):
        inside = 64 * width * 2**stage
        for number in range(count):
            if number == 0:
                conv(1, channels, 4 * inside)
            conv(1, channels, inside)
            conv(3, inside, (2 if selective else 1) * inside)
            if selective:
                squeezed = max(inside // 16, 32)
                conv(1, inside, squeezed)
                conv(1, squeezed, 2 * inside, norm=False)
            conv(1, inside, 4 * inside)
            channels = 4 * inside
    return shapes


NORM_LEAVES = ("gamma", "beta", "moving_mean", "moving_variance")


def head_shapes(num_features, num_layers, num_classes=1000):
    """Names and shapes of the projection head and the classifier in the order of the released model_util.py."""
    shapes = {}
    for number in range(num_layers):
        last = number == num_layers - 1
        outputs = 128 if last else num_features
        layer = f"head_contrastive/nl_{number}"
        shapes[f"{layer}/dense/kernel"] = (num_features, outputs)
        leaves = [leaf for leaf in NORM_LEAVES if not (last and leaf == "beta")]
        shapes |= {f"{layer}/batch_normalization/{leaf}": (outputs,) for leaf in leaves}
    if num_classes:
        shapes["head_supervised/linear_layer/dense/kernel"] = (num_features, num_classes)
        shapes["head_supervised/linear_layer/dense/bias"] = (num_classes,)
    return shapes


def tiny_shapes(num_layers=3, num_classes=1000, *, selective=False):
    return backbone_shapes(TINY, 1, selective=selective) | head_shapes(2048, num_layers, num_classes)


def file_of(tensors, path="r50_1x_sk0/model.ckpt-250228"):
    """A checkpoint in memory."""
    return TensorFile(Path(path), {name: tuple(t.shape) for name, t in tensors.items()}, tensors.__getitem__)


def empty_file(shapes, path="r50_1x_sk0/model.ckpt-250228"):
    """A checkpoint of names and shapes whose tensors have no storage."""
    return file_of({name: torch.empty(shape, device="meta") for name, shape in shapes.items()}, path)


def recorded_file(record):
    variables = record.variables(ema=False)
    record.check_probes(variables, ema=False)
    return file_of({name: torch.from_numpy(array) for name, array in variables.items()})


@pytest.mark.parametrize("case", CASES)
def test_the_names_and_shapes_of_these_tests_are_those_of_the_released_graph(case, oracle):
    recorded = oracle(f"simclr/{case}").recorded
    shapes = backbone_shapes(DEPTHS[50], 1) | head_shapes(2048, CASES[case])
    assert list(shapes) == list(recorded["var_names"])
    assert [list(shape) for shape in shapes.values()] == [json.loads(shape) for shape in recorded["var_shapes"]]


def outputs_of(model, head, classifier, images):
    """Run backbone and heads in eval mode: endpoints, projections 0 (the pooled features) to last, logits."""
    endpoints = {}
    hook = model.stem.register_forward_hook(lambda module, args, output: endpoints.update(stem=output))
    with torch.no_grad():
        endpoints |= model.eval().forward_features(images)
        projections = [head.first_layers(endpoints["c5"].mean((2, 3)), count) for count in range(len(head.layers) + 1)]
        logits = {
            "logits": model.forward_head(endpoints["c5"]),
            "logits_on_proj1": classifier(projections[1]),
        }
    hook.remove()
    return endpoints, logits | {f"proj{number}": projection for number, projection in enumerate(projections)}


@pytest.mark.parametrize("case", CASES)
def test_backbone_classifier_and_projections_compute_what_the_released_code_computes(case, oracle):
    record = oracle(f"simclr/{case}")
    file = recorded_file(record)
    imported = simclr.LAYOUT.read(file, Options())
    model = build_model(imported.config)
    model.load_state_dict(imported.weights)
    head, classifier = simclr.read_projection_head(file), simclr.read_classifier(file)
    assert imported.architecture == "resnet_50 with stem_pool_padding='same'"
    assert len(head.layers) == CASES[case]
    images = record.images()
    for dtype in (torch.float32, torch.float64):
        endpoints, vectors = outputs_of(model.to(dtype), head.to(dtype), classifier.to(dtype), images.to(dtype))
        for name, feature_map in endpoints.items():
            record.check_endpoint(f"raw_{name}", feature_map, float64=dtype == torch.float64)
        for name, vector in vectors.items():
            # Eight times TensorFlow's own float32 error, or what the record calls correct where that is more.
            bound = max(2e-5, 8 * record.recorded[f"raw_{name}_f32_err_over_std"])
            reference = record.recorded[f"raw_{name}_f64"]
            tolerance = (1e-12 if dtype == torch.float64 else bound) * reference.std()
            record.close(name, vector, f"raw_{name}_f64", tolerance)


@pytest.mark.parametrize("case", CASES)
def test_everything_that_a_released_checkpoint_lists_is_used_or_counted(case, oracle):
    recorded = oracle(f"simclr/{case}").recorded
    weights = backbone_shapes(DEPTHS[50], 1) | head_shapes(2048, CASES[case])
    listed = {str(name): weights.get(name.removesuffix("/Momentum"), ()) for name in recorded["ckpt_names"]}
    imported = simclr.LAYOUT.read(empty_file_with_step(listed, 250228), Options())
    num_head = sum(name.startswith("head_contrastive") for name in weights)
    assert imported.passed_over == {
        "momentum": len(recorded["trainable_names"]),
        "step": 1,
        "projection head": num_head,
    }
    assert not imported.averaged


def empty_file_with_step(shapes, step, path="r50_1x_sk0/model.ckpt"):
    tensors = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    return file_of(tensors | {"global_step": torch.tensor(step)}, path)


@pytest.mark.parametrize("selective", [False, True], ids=["sk0", "sk1"])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("depth", DEPTHS)
def test_depth_width_and_selective_kernels_are_found_from_names_and_shapes(depth, width, selective):
    shapes = backbone_shapes(DEPTHS[depth], width, selective=selective) | head_shapes(2048 * width, 3)
    imported = simclr.LAYOUT.read(empty_file(shapes), Options())
    with torch.device("meta"):
        model = build_model(imported.config)
    assert model.config == released_config(depth, width, selective=selective)
    assert imported.architecture.startswith(f"resnet_d_{depth} with " if selective else f"resnet_{depth} with ")
    ours = model.state_dict()
    assert {key: t.shape for key, t in imported.weights.items()} == {key: t.shape for key, t in ours.items()}
    # In creation order too: a wrong order would swap layers of the same shape.
    named = {name: tf1.tf1_shape(key, ours[key]) for key, name in simclr.simclr_names(model).items()}
    assert list(named.items()) == [item for item in shapes.items() if "contrastive" not in item[0]]


def released_config(depth, width, *, selective):
    """The network of r50_1x_sk0 and so on, in our terms."""
    sk1 = {"sk_ratio": 0.0625, "pool_every_shortcut": True} if selective else {}
    row = f"resnet_d_{depth}" if selective else f"resnet_{depth}"
    return model_config(row, width_multiplier=width, stem_pool_padding="same", **sk1)


def test_a_selective_kernel_network_is_named_after_its_row():
    shapes = backbone_shapes(DEPTHS[50], 1, selective=True)
    imported = simclr.LAYOUT.read(empty_file(shapes | head_shapes(2048, 0)), Options())
    differing = "sk_ratio=0.0625, stem_pool_padding='same', pool_every_shortcut=True"
    assert imported.architecture == f"resnet_d_50 with {differing}"
    assert any("selective kernels" in note for note in imported.notes)


def test_each_tensor_of_a_selective_kernel_takes_its_place():
    tensors = {name: torch.zeros(shape) for name, shape in tiny_shapes(selective=True).items()}
    tensors["base_model/conv2d_6/kernel"][0, 0, 5, 3] = 7  # after stem, shortcut, 1x1 and 3x3: from channel 5 to unit 3
    tensors["base_model/conv2d_7/kernel"][0, 0, 3, 64] = 9  # from unit 3 to channel 0 of the second stream
    tensors["base_model/batch_normalization_6/moving_mean"][3] = 5
    weights = simclr.LAYOUT.read(file_of(tensors), Options()).weights
    assert weights["stages.c2.0.select.reduce.weight"][3, 5] == 7
    assert weights["stages.c2.0.select.expand.weight"][64, 3] == 9
    assert weights["stages.c2.0.select.bn.running_mean"][3] == 5


def test_images_reach_the_network_in_0_to_1_at_224_px_unless_told_otherwise():
    read = simclr.LAYOUT.read(empty_file(tiny_shapes()), Options()).preprocessing
    assert (read.resolution, read.mean, read.std) == (224, (0, 0, 0), (1, 1, 1))
    assert (read.crop_rule, read.resize, read.class_offset) == ("simclr", "tf1_bicubic_clipped", 0)
    assert simclr.LAYOUT.read(empty_file(tiny_shapes()), Options(resolution=160)).preprocessing.resolution == 160


def test_a_file_without_classifier_gives_pooled_features():
    imported = simclr.LAYOUT.read(empty_file(tiny_shapes(num_classes=0)), Options())
    assert imported.config.num_classes == 0
    assert not any(key.startswith("classifier") for key in imported.weights)
    assert simclr.read_classifier(empty_file(tiny_shapes(num_classes=0))) is None


def test_a_file_without_projection_head_has_none():
    file = empty_file(tiny_shapes(num_layers=0))
    assert simclr.read_projection_head(file) is None
    assert "projection head" not in simclr.LAYOUT.read(file, Options()).passed_over


@pytest.mark.parametrize(
    ("num_layers", "path", "said"),
    [
        (2, "model.ckpt", "SimCLRv1: "),
        (3, "model.ckpt", "SimCLRv2: "),
        (0, "simclrv1/pretrain/1x/model.ckpt-225206", "SimCLRv1: "),
        (0, "simclrv2/supervised/r50_1x_sk0/model.ckpt-28151", "SimCLRv2: "),
        (0, "ResNet50_4x/model.ckpt-225206", "SimCLRv1: "),
        (0, "r101_2x_sk0/model.ckpt-28151", "SimCLRv2: "),
        (0, "r101_2x_sk1/model.ckpt-28151", "SimCLRv2: "),
        (0, "model.ckpt", "SimCLRv1 or SimCLRv2, "),
    ],
)
def test_a_note_says_which_simclr_this_is_and_how_their_weights_differ(num_layers, path, said):
    note, *_ = simclr.LAYOUT.read(empty_file(tiny_shapes(num_layers), path), Options()).notes
    assert note.startswith(said)
    assert "16.8 times" in note


def test_the_momentum_encoder_and_memory_of_pre_training_are_counted_and_left_out():
    shapes = tiny_shapes()
    momentum_encoder = {f"ema_model/{name}": shape for name, shape in shapes.items() if "head_supervised" not in name}
    rest = {"base_model/conv2d/kernel/Momentum": (7, 7, 3, 64), "memory_bank": (8, 128)}
    imported = simclr.LAYOUT.read(empty_file(momentum_encoder | shapes | rest), Options(ema=True))
    assert imported.passed_over["momentum encoder"] == len(momentum_encoder)
    assert imported.passed_over["momentum"] == 1
    assert imported.passed_over["memory of negatives"] == 1


@pytest.mark.parametrize(("step", "path"), [(751, "a/model.ckpt"), (3754, "a/model.ckpt"), (1, "finetuned_1pct/a")])
def test_a_classifier_on_the_first_projection_layer_does_not_go_on_the_pooled_features(step, path):
    file = empty_file_with_step(tiny_shapes(), step, path)
    imported = simclr.LAYOUT.read(file, Options())
    assert imported.config.num_classes == 0
    assert not any(key.startswith("classifier") for key in imported.weights)
    assert imported.passed_over["classifier"] == 2
    assert "first projection layer" in imported.notes[-1]
    assert simclr.read_classifier(file).weight.shape == (1000, 2048)


def test_the_note_on_a_separate_classifier_names_what_reads_it():
    note = simclr.LAYOUT.read(empty_file_with_step(tiny_shapes(), 751), Options()).notes[-1]
    named = [pkgutil.resolve_name(name) for name in re.findall(r"rs_core(?:\.\w+)+", note)]
    assert named == [rs_core.weights.read_classifier, rs_core.weights.read_projection_head, open_tensors]


def test_the_network_is_read_without_reading_a_head_that_it_does_not_take():
    def tensor(name):
        assert name == "global_step" or name.startswith("base_model/"), f"{name} was read"
        return torch.tensor(751) if name == "global_step" else torch.empty(shapes[name], device="meta")

    shapes = tiny_shapes() | {"global_step": ()}
    file = TensorFile(Path("model.ckpt"), shapes, tensor)
    assert simclr.LAYOUT.read(file, Options()).passed_over["projection head"] == 14


@pytest.mark.parametrize("step", [250228, 37535, 0])
def test_other_classifiers_go_on_the_pooled_features(step):
    imported = simclr.LAYOUT.read(empty_file_with_step(tiny_shapes(), step), Options())
    assert imported.config.num_classes == 1000
    assert imported.weights["classifier.bias"].shape == (1000,)


def test_v1_fine_tuned_on_few_labels_has_no_projection_layer_to_put_the_classifier_on():
    file = empty_file_with_step(tiny_shapes(num_layers=0), 939, "simclrv1/finetune_10pct/1x/model.ckpt-939")
    assert simclr.LAYOUT.read(file, Options()).config.num_classes == 1000


@pytest.mark.parametrize(
    "shapes",
    [
        {"base_model/conv2d/kernel": (7, 7, 3, 64), "base_model/conv2d_1/kernel": (1, 1, 64, 64)},
        {"base_model/conv2d/kernel": (3, 3, 3, 64), "base_model/conv2d_1/kernel": (1, 1, 64, 256)},
    ],
    ids=["18 layers", "small images"],
)
def test_networks_with_another_shortcut_or_stem_are_refused(shapes):
    with pytest.raises(UserError, match="for small images or of 18 or 34 layers"):
        simclr.LAYOUT.read(empty_file(shapes), Options())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base_model/batch_normalization_3/gamma": None}, "1 missing: base_model/batch_normalization_3/gamma"),
        ({"base_model/conv2d/kernel": None}, "1 missing: base_model/conv2d/kernel"),
        ({"base_model/conv2d_99/kernel": (1, 1, 8, 8)}, "1 extra: base_model/conv2d_99/kernel"),
        ({"base_model/conv2d_3/kernel": (3, 3, 64, 32)}, r"1 misshapen: base_model/conv2d_3/kernel \[3, 3, 64, 32\]"),
        ({"head_supervised/linear_layer/dense/bias": None}, "1 missing: head_supervised/linear_layer/dense/bias"),
        ({"head_supervised/linear_layer/dense/kernel": (512, 1000)}, r"\[512, 1000\] instead of \[2048, 1000\]"),
        ({"head_contrastive/nl_1/dense/kernel": None}, "1 missing: head_contrastive/nl_1/dense/kernel"),
        ({"head_contrastive/nl_2/dense/kernel": None}, "1 missing: head_contrastive/nl_2/dense/kernel"),
        ({"head_contrastive/nl_1/dense/bias": (2048,)}, "1 extra: head_contrastive/nl_1/dense/bias"),
        ({"head_contrastive/l_0/dense/kernel": (2048, 128)}, "1 extra: head_contrastive/l_0/dense/kernel"),
        ({"optimizer/beta_power": ()}, "1 extra: optimizer/beta_power"),
    ],
)
def test_every_missing_extra_and_misshapen_variable_is_named_in_one_line(change, message):
    shapes = {name: shape for name, shape in (tiny_shapes() | change).items() if shape is not None}
    with pytest.raises(UserError, match=message) as error:
        simclr.LAYOUT.read(empty_file(shapes), Options())
    assert "\n" not in str(error.value)


def test_whichever_variable_of_a_selective_kernel_network_is_missing_is_named_alone():
    shapes = tiny_shapes(num_layers=0, selective=True)
    for name in shapes:
        with pytest.raises(UserError, match=rf"look like resnet_d_\d+ with .*\(1 missing: {name}\)"):
            simclr.LAYOUT.read(empty_file({n: s for n, s in shapes.items() if n != name}), Options())


@pytest.mark.parametrize("selective", [False, True], ids=["sk0", "sk1"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_to_names_and_shapes_is_one_line_for_the_user(selective, data):
    shapes = tiny_shapes(selective=selective)
    names = data.draw(st.lists(st.sampled_from(list(shapes)), min_size=1, max_size=4, unique=True))
    for name in names:
        wrong = st.lists(st.integers(0, 64), max_size=5).map(tuple).filter(lambda s, right=shapes[name]: s != right)
        shapes[name] = data.draw(st.none() | wrong)
    damaged = {name: shape for name, shape in shapes.items() if shape is not None}
    # Without the whole classifier, or the whole last layer of the projection head, a file is one that exists.
    assume(all(any(name.startswith(part) for name in damaged) for part in (CLASSIFIER, f"{PROJECTION}nl_2/")))
    with pytest.raises(UserError) as error:
        simclr.LAYOUT.read(empty_file(damaged), Options())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("selective", [False, True], ids=["sk0", "sk1"])
def test_a_file_without_classifier_or_without_projection_head_is_read_as_what_it_is(selective):
    shapes = tiny_shapes(selective=selective)
    without_classifier = {name: shape for name, shape in shapes.items() if not name.startswith(CLASSIFIER)}
    assert simclr.LAYOUT.read(empty_file(without_classifier), Options()).config.num_classes == 0
    without_projection = {name: shape for name, shape in shapes.items() if not name.startswith(PROJECTION)}
    assert simclr.LAYOUT.read(empty_file(without_projection), Options()).config.num_classes == 1000
    assert simclr.read_projection_head(empty_file(without_projection)) is None


def test_the_heads_of_another_width_than_the_backbone_are_refused():
    shapes = backbone_shapes(TINY, 2) | head_shapes(2048, 3, num_classes=0)
    with pytest.raises(UserError, match=r"projection head reads 2048 features, .* 4096"):
        simclr.LAYOUT.read(empty_file(shapes), Options())


def test_heads_alone_are_checked_too():
    with pytest.raises(UserError, match="3 missing: head_contrastive/nl_0/batch_normalization/gamma"):
        simclr.read_projection_head(empty_file({"head_contrastive/nl_0/dense/kernel": (8, 8)}))
    with pytest.raises(UserError, match="missing: head_supervised/linear_layer/dense/kernel"):
        simclr.read_classifier(empty_file({"head_supervised/linear_layer/dense/bias": (3,)}))


def test_no_other_layout_takes_these_names():
    shapes = tiny_shapes()
    assert simclr.LAYOUT.recognizes(shapes)
    assert not tf1.LAYOUT.recognizes(shapes)
    assert not simclr.LAYOUT.recognizes({name.removeprefix("base_model/"): s for name, s in shapes.items()})
