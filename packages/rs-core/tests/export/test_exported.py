"""The check on loading: a file with another network in it than it says is refused, in every format."""

import json
import zipfile

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from rs_core import UserError
from rs_core.export.archive import EXTRA
from rs_core.export.description import METADATA_KEY
from rs_core.export.formats import export_model, load_exported
from rs_core.weights.release import save_model

OFF = r"not the network that was exported: its logits are off by [\d.e+-]+ of their spread, and rounding explains"


def needs_onnx():
    """Give the module, or skip."""
    pytest.importorskip("onnxruntime")
    return pytest.importorskip("onnx")


@pytest.fixture
def fused(exported_files, tmp_path):
    """Copy fused weights with tensors and description changed by a function of both."""

    def rewrite(change):
        source = exported_files(".safetensors")
        with safe_open(source, framework="pt") as file:
            metadata = file.metadata()
        tensors, about = load_file(source), json.loads(metadata[METADATA_KEY])
        change(tensors, about)
        path = tmp_path / "changed.safetensors"
        save_file(tensors, path, {METADATA_KEY: json.dumps(about)})
        return path

    return rewrite


@pytest.fixture
def onnx_file(exported_files, tmp_path):
    """Copy an ONNX file with graph and description changed by a function of both."""
    onnx = needs_onnx()

    def rewrite(change):
        model = onnx.load(exported_files(".onnx"))
        entry = next(entry for entry in model.metadata_props if entry.key == METADATA_KEY)
        about = json.loads(entry.value)
        change(model.graph, about)
        entry.value = json.dumps(about)
        path = tmp_path / "changed.onnx"
        onnx.save(model, path)
        return path

    return rewrite


def rename(names, old, new):
    """Replace a name in a list of them."""
    names[:] = [new if name == old else name for name in names]


def rename_input(graph, about):
    """Call the images otherwise."""
    graph.input[0].name = "pictures"
    for node in graph.node:
        rename(node.input, "images", "pictures")


def rename_output(graph, about):
    """Call the logits otherwise."""
    graph.output[0].name = "scores"
    for node in graph.node:
        rename(node.output, "logits", "scores")


def contract(**values):
    """A change of the contract."""
    return lambda _, about: about["contract"].update(values)


def model(**values):
    """A change of the architecture."""
    return lambda _, about: about["model"].update(values)


def test_one_changed_number_in_any_layer_is_found(fused):
    """A weight that matters moves the logits by more than rounding does."""

    def change(name):
        def apply(tensors, about):
            tensors[name][0] += 0.05

        return apply

    for name in ("stem.conv1.weight", "stages.c4.0.conv2.bias", "stages.c5.0.se.expand.bias", "classifier.bias"):
        with pytest.raises(UserError, match=OFF):
            load_exported(fused(change(name)))


def test_weights_that_are_not_numbers_are_found(fused):
    with pytest.raises(UserError, match="its logits are off by nan of their spread"):
        load_exported(fused(lambda tensors, about: tensors["classifier.bias"].fill_(float("nan"))))


def test_another_activation_than_the_weights_had_is_found(fused):
    with pytest.raises(UserError, match=OFF):
        load_exported(fused(lambda tensors, about: about["model"].update(activation="silu")))


def test_weights_of_another_architecture_are_named(fused):
    with pytest.raises(UserError, match=r"changed\.safetensors do not fit this model \(1 missing: stages\.c5"):
        load_exported(fused(lambda tensors, about: tensors.pop("stages.c5.0.conv1.bias")))


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, about: about.pop("contract"),
        lambda tensors, about: about["contract"].update(dtype="int4"),
        lambda tensors, about: about["contract"]["probe"].update(logits="many"),
        lambda tensors, about: about["model"].update(blocks=[0]),
        lambda tensors, about: about.update(network="transformer"),
        lambda tensors, about: about["model"].update({"two\nlines": 1}),
        lambda tensors, about: about["contract"]["probe"].update(logits=[[1.0], [1.0, 2.0]]),
        contract(size_step=-1),
        *(contract(input_shape=shape) for shape in ([], [64, 64], [4, 64, 64], [3, 4, 64, 64])),
        *(contract(input_shape=shape) for shape in ([3, 0, 0], [3, -64, 64], [3, 10**6, 10**6])),
        *(model(width_multiplier=width) for width in (20000.0, 1e30, 1e308)),
        *(model(num_classes=number) for number in (10**12, 10**18, 10**30)),
        model(blocks=[10**9] * 4),
    ],
)
def test_a_damaged_description_is_refused(fused, change):
    with pytest.raises(UserError, match=r"the description in it is damaged .*; export the model again") as error:
        load_exported(fused(change))
    assert "\n" not in str(error.value)


def test_a_description_nested_too_deeply_is_refused(exported_files, tmp_path):
    path = tmp_path / "deep.safetensors"
    save_file(load_file(exported_files(".safetensors")), path, {METADATA_KEY: "[" * 200_000})
    with pytest.raises(UserError, match=r"deep\.safetensors: the description in it is damaged .*recursion") as error:
        load_exported(path)
    assert "\n" not in str(error.value)


def test_the_bound_is_that_of_the_network_whatever_the_file_says(fused):
    def change(tensors, about):
        assert "bound" not in about["contract"]["probe"]
        about["contract"]["probe"]["bound"] = 1e9
        tensors["classifier.bias"][0] += 1

    with pytest.raises(UserError, match=OFF):
        load_exported(fused(change))


def test_a_looser_precision_than_the_weights_have_is_found(fused):
    """It would raise the bound a thousandfold."""
    with pytest.raises(UserError, match="not all weights are bfloat16 as described; export the model again"):
        load_exported(fused(contract(dtype="bfloat16")))


def test_strides_past_64_bits_are_refused(small_pretrained, tmp_path):
    """They are in no weight's shape."""
    path = export_model(small_pretrained(clips=True), tmp_path / "clips.safetensors", num_frames=4).path
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()[METADATA_KEY])
    about["model"]["stem_temporal_stride"] = 2**70
    save_file(load_file(path), tmp_path / "strides.safetensors", {METADATA_KEY: json.dumps(about)})
    with pytest.raises(UserError, match=r"strides\.safetensors: damaged fused weights \(.*\); export the") as error:
        load_exported(tmp_path / "strides.safetensors")
    assert "\n" not in str(error.value)


def test_a_released_model_is_not_fused_weights(small_pretrained, tmp_path):
    save_model(small_pretrained(), tmp_path / "model.safetensors")
    with pytest.raises(UserError, match="does not say how it was exported; use a file written by rs-core export"):
        load_exported(tmp_path / "model.safetensors")


def test_a_program_with_the_weights_of_another_network_is_found(exported_files, small_pretrained, tmp_path):
    other = export_model(small_pretrained(seed=1), tmp_path / "other.pt2").path
    path = tmp_path / "mixed.pt2"
    with zipfile.ZipFile(exported_files(".pt2")) as ours, zipfile.ZipFile(other) as theirs:
        metadata = next(ours.read(name) for name in ours.namelist() if name.endswith(EXTRA))
        with zipfile.ZipFile(path, "w") as mixed:
            for name in theirs.namelist():
                mixed.writestr(name, metadata if name.endswith(EXTRA) else theirs.read(name))
    with pytest.raises(UserError, match=OFF):
        load_exported(path)


def test_an_onnx_file_with_another_weight_is_found(onnx_file):
    onnx = needs_onnx()

    def change(graph, about):
        weight = next(tensor for tensor in graph.initializer if tensor.name.endswith("stem.conv2.weight"))
        weight.CopyFrom(onnx.numpy_helper.from_array(1.01 * onnx.numpy_helper.to_array(weight), weight.name))

    with pytest.raises(UserError, match=OFF):
        load_exported(onnx_file(change))


@pytest.mark.parametrize("change", [contract(input_shape=[3, 32, 32]), rename_input, rename_output])
def test_an_onnx_file_that_takes_or_gives_something_else_is_damaged(onnx_file, change):
    with pytest.raises(UserError, match=r"changed\.onnx: a damaged ONNX file \(.*\); export the model") as error:
        load_exported(onnx_file(change))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("change", [contract(input_shape=[4, 64, 64]), model(width_multiplier=20000.0)])
def test_an_onnx_file_with_a_damaged_description_is_refused(onnx_file, change):
    with pytest.raises(UserError, match=r"changed\.onnx: the description in it is damaged"):
        load_exported(onnx_file(change))


def test_an_onnx_file_of_others_says_so(tmp_path):
    onnx = needs_onnx()
    shape = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "other", [shape], [])
    graph.output.append(onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1]))
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(UserError, match="does not say how it was exported"):
        load_exported(tmp_path / "other.onnx")


def test_an_onnx_file_names_its_free_axis(exported_files):
    graph = needs_onnx().load(exported_files(".onnx")).graph
    axes = {value.name: value.type.tensor_type.shape.dim[0].dim_param for value in (*graph.input, *graph.output)}
    assert axes == {"images": "batch", "logits": "batch"}


def test_onnx_metadata_are_json_for_any_language(exported_files):
    onnx = needs_onnx()
    model = onnx.load(exported_files(".onnx"))
    onnx.checker.check_model(model)
    (about,) = [json.loads(entry.value) for entry in model.metadata_props if entry.key == METADATA_KEY]
    assert about["class_names"][:2] == ["zero", "one"]
    assert about["preprocessing"]["mean"] == [0.1, 0.2, 0.3]
    assert about["origin"]["architecture"] == "resnet_rs_50 with blocks=(1, 1, 1, 1)"
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 18)]


def test_a_program_runs_without_our_loader(exported_files, small_pretrained):
    images = torch.randn(2, 3, 64, 64)
    program = torch.export.load(exported_files(".pt2")).module()
    torch.testing.assert_close(program(images), small_pretrained().model(images).detach(), rtol=1e-4, atol=1e-5)
