"""``rs-core export``: a trained model as a file to run."""

import pytest
import torch

from rs_core.export.formats import load_exported
from rs_core.weights.pretrained import load_pretrained


@pytest.mark.parametrize("suffix", ["pt2", "onnx", "safetensors"])
def test_a_run_becomes_a_file_that_answers_as_it(command, digits_run, tmp_path, suffix):
    pytest.importorskip("onnxruntime")
    outcome = command("export", digits_run, f"digits.{suffix}")
    assert (outcome.code, outcome.err) == (0, "")
    exported = load_exported(tmp_path / f"digits.{suffix}")
    images = torch.randn(3, 3, 16, 16)
    trained = load_pretrained(digits_run)
    torch.testing.assert_close(exported(images), trained.model(images).detach(), rtol=1e-4, atol=1e-5)
    assert exported.about.class_names == tuple("0123456789")
    assert exported.about.preprocessing == trained.preprocessing


def test_it_says_what_was_written_and_how_near_it_is(command, digits_run, tmp_path):
    lines = command("export", digits_run, "out/digits.safetensors", "--dtype", "bfloat16").out.splitlines()
    rows = dict(line.split(maxsplit=1) for line in lines)
    size = (tmp_path / "out/digits.safetensors").stat().st_size
    assert rows["written"] == f"out/digits.safetensors ({size / 1e6:.1f} MB)"
    assert rows["format"] == "fused weights, bfloat16"
    assert rows["input"] == "float32 [N, 3, any, any]"
    difference = load_exported(tmp_path / "out/digits.safetensors").difference
    assert rows["checked"].startswith(f"logits off by {difference:.1e} of their spread from eager's, where rounding")


def test_resolution_and_dynamic_size_reach_the_file(command, digits_run):
    out = command("export", digits_run, "x.pt2", "--resolution", "32").out
    assert "float32 [N, 3, 32, 32]\n" in out
    out = command("export", digits_run, "x.pt2", "--resolution", "32", "--dynamic_size", "--force").out
    assert "float32 [N, 3, multiple of " in out


def test_an_existing_file_is_kept_without_force(command, refused, digits_run, tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_text("mine")
    assert refused("export", digits_run, path) == (
        f"{path}: exists already; choose another name, or replace it with --force"
    )
    assert path.read_text() == "mine"
    assert command("export", digits_run, path, "--force").code == 0
    assert load_exported(path).kind == "fused"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x.pth"], "x.pth: the suffix '.pth' names no format; choose from .pt2 (program), .onnx (onnx), "),
        (["x.pt2", "--format", "onnx"], "x.pt2: give a name that ends with .onnx for --format onnx"),
        (["x.onnx", "--dtype", "bfloat16"], "dtype=bfloat16: ONNX Runtime convolves in float32 alone on a CPU"),
        (["x.pt2", "--num_frames", "8"], "num_frames=8: the network takes images, so give 0"),
        (["x.pt2", "--dtype", "int8"], "argument --dtype: invalid choice: 'int8'"),
        (["x.pt2", "--resolution", "0"], "argument --resolution: '0': give a whole number of at least 1"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(refused, digits_run, tmp_path, arguments, message):
    assert refused("export", digits_run, *arguments).startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_is_not_there_is_named(refused):
    assert "nowhere" in refused("export", "nowhere", "x.pt2")


def test_a_folder_that_cannot_be_is_refused(refused, digits_run, tmp_path):
    (tmp_path / "file").write_text("")
    assert refused("export", digits_run, "file/x.pt2").startswith("cannot write file/x.pt2")
