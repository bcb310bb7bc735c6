"""What holds for every format: the file answers as the network did, says what it is, and is whole or absent."""

import copy
import dataclasses
import sys
from importlib.util import find_spec

import pytest
import torch
from torch.testing import assert_close

from rs_core import UserError
from rs_core.export import description, probe
from rs_core.export.formats import SUFFIXES, export_model, load_exported

NEEDS_EXTRA = pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
ONNX = pytest.param(".onnx", marks=NEEDS_EXTRA)
TRACED = [".pt2", ONNX]
ALL = [".safetensors", *TRACED]

NETWORKS = {
    "rs": {"dropout": 0.5, "drop_path_rate": 0.9},
    "model garden": {
        **{"activation": "silu", "padding": "same", "pool_every_shortcut": True},
        **{"stem_downsampling": "max_pool", "stem_pool_padding": "same"},
    },
    "clips": {"clips": True},
    "selective kernels": {"sk_ratio": 0.0625, "pool_every_shortcut": True, "stem_downsampling": "max_pool"},
    "basic": {"block": "basic", "blocks": (2, 1, 1, 1), "stem": "7x7", "stem_downsampling": "max_pool"},
    "dilated": {"output_stride": 8},
    "one class": {"num_classes": 1},
    "no classifier": {"num_classes": 0},
    "symmetric clips": {"clips": True, "padding": "symmetric", "stem": "7x7", "self_gating": "after_se"},
}
# Between them they hold every operation.
TRACED_NETWORKS = ("rs", "model garden", "clips", "selective kernels")


@pytest.fixture
def export(small_pretrained, tmp_path):
    """Export a small network; give it and what loading the file gives."""

    def run(suffix, *, network=None, resolution=0, **options):
        pretrained = small_pretrained(**network or {})
        if (network or {}).get("clips"):
            options["num_frames"] = 4
        path = tmp_path / f"exported{suffix}"
        export_model(pretrained, path, resolution, **options)
        return pretrained, load_exported(path)

    return run


def difference(exported, pretrained, *shape):
    """Largest difference to eager, over the root mean square of eager's logits."""
    images = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = pretrained.model(images)
    actual = exported(images)
    assert actual.dtype == torch.float32
    assert not actual.requires_grad
    return ((actual - expected).abs().max() / expected.square().mean().sqrt()).item()


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        *((".safetensors", name) for name in NETWORKS),
        *((".pt2", name) for name in TRACED_NETWORKS),
        *(pytest.param(".onnx", name, marks=NEEDS_EXTRA) for name in TRACED_NETWORKS),
    ],
)
def test_it_answers_as_eager_for_any_batch_size(export, suffix, name):
    pretrained, exported = export(suffix, network=NETWORKS[name])
    for batch_size in (1, 2, 5):
        # Measured: 3e-7 to 2e-6, float32's rounding. One weight in the wrong place is worth more than 1e-5.
        assert difference(exported, pretrained, batch_size, *exported.about.contract.input_shape) < 1e-5


@pytest.mark.parametrize("network", [{}, {"clips": True}], ids=["images", "clips"])
@pytest.mark.parametrize("suffix", [".pt2", ".safetensors"])
def test_bfloat16_is_off_by_its_rounding_and_small(export, suffix, network):
    pretrained, exported = export(suffix, network=network, dtype="bfloat16")
    bound = probe.rounding_bound(pretrained.model, torch.bfloat16)
    assert 1e-4 < difference(exported, pretrained, 2, *exported.about.contract.input_shape) < bound
    num_bytes = 2 * sum(parameter.numel() for parameter in pretrained.model.parameters())
    assert exported.path.stat().st_size < 1.5 * num_bytes


@pytest.mark.parametrize(
    ("suffix", "network"),
    [(".pt2", {}), (".pt2", {"output_stride": 8}), pytest.param(".onnx", {}, marks=NEEDS_EXTRA)],
)
def test_a_dynamic_size_takes_multiples_of_the_stride(export, suffix, network):
    pretrained, exported = export(suffix, network=network, dynamic_size=True)
    for size in ((64, 64), (96, 160), (224, 128)):
        assert difference(exported, pretrained, 1, 3, *size) < 1e-5
    step = exported.about.contract.size_step
    assert step == pretrained.model.feature_info[-1].stride
    for size in ((step, step), (64, 65)):
        with pytest.raises(UserError, match=rf"with height and width multiples of {step} from {2 * step} up, not"):
            exported(torch.zeros(1, 3, *size))


def test_a_dynamic_size_holds_for_same_padding_too(export):
    network = {"padding": "same", "blocks": (1, 1, 1, 1), "stem": "small", "stem_downsampling": "none"}
    pretrained, exported = export(".pt2", network=network, resolution=32, dynamic_size=True)
    for size in ((32, 48), (64, 16)):
        assert difference(exported, pretrained, 1, 3, *size) < 1e-5


def test_fused_weights_take_any_size(export):
    pretrained, exported = export(".safetensors")
    assert difference(exported, pretrained, 1, 3, 75, 67) < 1e-5


@pytest.mark.parametrize("suffix", TRACED)
def test_another_size_than_the_exported_one_is_refused(exported_files, suffix):
    exported = load_exported(exported_files(suffix))
    with pytest.raises(UserError) as error:
        exported(torch.zeros(1, 3, 64, 96))
    assert str(error.value) == (
        f"{exported.path}: takes float32 [N, 3, height, width] with 64 x 64 pixels, not float32 [1, 3, 64, 96]"
    )


@pytest.mark.parametrize(
    "images", [torch.zeros(3, 64, 64), torch.zeros(1, 1, 64, 64), torch.zeros(1, 3, 64, 64).half()]
)
def test_other_images_are_refused(exported_files, images):
    with pytest.raises(UserError, match=r"takes float32 \[N, 3, height, width\]"):
        load_exported(exported_files(".safetensors"))(images)


@pytest.mark.parametrize("suffix", ALL)
def test_channels_last_images_give_the_same(exported_files, suffix):
    exported = load_exported(exported_files(suffix))
    images = torch.randn(2, 3, 64, 64)
    assert_close(exported(images.to(memory_format=torch.channels_last)), exported(images), rtol=0, atol=1e-6)


@pytest.mark.parametrize("suffix", ALL)
def test_the_file_says_what_it_is(exported_files, small_pretrained, suffix):
    exported, pretrained = load_exported(exported_files(suffix)), small_pretrained()
    about = exported.about
    assert exported.kind == SUFFIXES[suffix]
    assert about.class_names == pretrained.class_names
    assert about.preprocessing == pretrained.preprocessing
    assert about.origin == pretrained.origin
    assert about.config == pretrained.model.config
    assert about.contract.input_shape == (3, 64, 64)
    assert 0 < exported.difference < about.contract.probe.bound


@pytest.mark.parametrize("suffix", ALL)
def test_the_network_stays_as_it_was(small_pretrained, tmp_path, suffix):
    pretrained = small_pretrained()
    pretrained.model.train()
    before = copy.deepcopy(pretrained.model.state_dict())
    export_model(pretrained, tmp_path / f"x{suffix}")
    assert pretrained.model.training
    assert all(torch.equal(value, before[name]) for name, value in pretrained.model.state_dict().items())
    assert all(parameter.requires_grad for parameter in pretrained.model.parameters())


@pytest.mark.parametrize("suffix", ALL)
def test_no_word_is_printed_and_no_path_of_this_machine_is_kept(export, suffix, capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)  # torch.onnx complains when it is not installed
    exported = export(suffix)[1]
    assert capfd.readouterr() == ("", "")
    content = exported.path.read_bytes()
    for name in (b"site-packages", b"rs_core/models", b".py"):
        assert name not in content


@pytest.mark.parametrize("suffix", ALL)
def test_a_file_that_fails_its_check_is_not_left_behind(small_pretrained, tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(description, "rounding_bound", lambda *_: 1e-12)
    path = tmp_path / f"x{suffix}"
    path.write_text("as it was")
    with pytest.raises(UserError) as error:
        export_model(small_pretrained(), path)
    assert str(error.value).startswith(
        f"{path} is not written: not the network that was exported: its logits are off by"
    )
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize("length", [0, 1000, -1])
def test_a_cut_file_is_refused(exported_files, tmp_path, suffix, length):
    content = exported_files(suffix).read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(content[: length if length >= 0 else len(content) - 2000])
    with pytest.raises(UserError, match=path.name) as error:
        load_exported(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", ALL)
def test_a_text_is_refused(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_text("hello\n" * 1000)
    with pytest.raises(UserError, match=path.name) as error:
        load_exported(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", ALL)
def test_a_missing_file_is_named(tmp_path, suffix):
    with pytest.raises(UserError, match=rf"nowhere{suffix}: no such file"):
        load_exported(tmp_path / f"nowhere{suffix}")


@pytest.mark.parametrize("name", ["model.pth", "model"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(small_pretrained, tmp_path, name):
    for refused in (lambda path: export_model(small_pretrained(), path), load_exported):
        with pytest.raises(UserError, match=r"names no format; choose from \.pt2 \(program\), \.onnx \(onnx\), \.safe"):
            refused(tmp_path / name)


@pytest.mark.parametrize("suffix", ALL)
def test_a_path_that_cannot_be_written_is_refused(small_pretrained, tmp_path, suffix):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match=r"cannot write .*; make room or choose another directory"):
        export_model(small_pretrained(), tmp_path / "file" / f"x{suffix}")


def test_a_network_without_finite_logits_is_refused(small_pretrained, tmp_path):
    pretrained = small_pretrained()
    pretrained.model.classifier.bias.data[0] = float("nan")
    with pytest.raises(UserError, match="the model gives logits that are not finite"):
        export_model(pretrained, tmp_path / "x.pt2")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        ({}, {"num_frames": 8}, "num_frames=8: the network takes images, so give 0"),
        ({"clips": True}, {}, "num_frames=0: the network takes clips, so give how many frames, such as 32"),
        ({}, {"resolution": -1}, "resolution=-1: give at least 1 pixel"),
        ({}, {"resolution": 100, "dynamic_size": True}, "resolution=100: give a multiple of 32 from 64 pixels up"),
        (
            {},
            {"resolution": 5000},
            r"input_shape=\(3, 5000, 5000\): give \[3, height, width\] .* at most 67108864 numbers",
        ),
        ({}, {"dtype": "float16"}, r"dtype='float16': choose from \['float32', 'bfloat16'\]"),
    ],
)
def test_values_out_of_range_are_refused(small_pretrained, tmp_path, network, options, message):
    with pytest.raises(UserError, match=message):
        export_model(small_pretrained(**network), tmp_path / "x.pt2", **options)


def test_onnx_has_no_bfloat16(small_pretrained, tmp_path):
    with pytest.raises(UserError, match="dtype=bfloat16: ONNX Runtime convolves in float32 alone on a CPU"):
        export_model(small_pretrained(), tmp_path / "x.onnx", dtype="bfloat16")


@NEEDS_EXTRA
@pytest.mark.parametrize("module", ["onnxruntime", "onnxscript"])
def test_a_missing_extra_is_named(small_pretrained, tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "rs_core.export.onnx", raising=False)
    with pytest.raises(UserError, match=rf"the format onnx needs {module}, .*: pip install 'rs-core\[export\]'"):
        export_model(small_pretrained(), tmp_path / "x.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ALL)
def test_resnet_rs_50_at_160_pixels(export, suffix):
    full = {"blocks": (3, 4, 6, 3), "width_multiplier": 1.0, "num_classes": 1000}
    pretrained, exported = export(suffix, network=full, resolution=160)
    assert difference(exported, pretrained, 2, 3, 160, 160) < 1e-5
    assert exported.path.stat().st_size == pytest.approx(4 * 35.6e6, rel=0.02)


def test_preprocessing_gives_the_resolution(small_pretrained, tmp_path):
    pretrained = small_pretrained()
    pretrained = dataclasses.replace(
        pretrained, preprocessing=dataclasses.replace(pretrained.preprocessing, resolution=48)
    )
    assert export_model(pretrained, tmp_path / "x.safetensors").about.contract.input_shape == (3, 48, 48)
