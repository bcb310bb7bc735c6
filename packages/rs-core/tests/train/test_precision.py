"""Device and arithmetic are chosen, or refused, by name."""

import platform
import re
from pathlib import Path

import pytest
import torch

from rs_core import UserError
from rs_core.train.precision import Machine, has_native_bfloat16, resolve_device, resolve_dtype

CPU = torch.device("cpu")


def test_an_explicit_precision_is_taken_as_it_is():
    assert resolve_dtype("float32", CPU) == torch.float32
    assert resolve_dtype("bfloat16", CPU) == torch.bfloat16
    assert resolve_dtype("float16", CPU) == torch.float16


def test_auto_is_bfloat16_only_where_it_is_native():
    expected = torch.bfloat16 if has_native_bfloat16(CPU) else torch.float32
    assert resolve_dtype("auto", CPU) == expected


CPU_FLAGS = Path("/proc/cpuinfo")


@pytest.mark.skipif(
    platform.machine() != "x86_64" or not CPU_FLAGS.is_file(), reason="reads what Linux says of an x86 processor"
)
def test_a_processor_without_instructions_for_bfloat16_is_not_taken_for_one_that_has_them():
    flags = set(re.search(r"^flags\s*:(.*)$", CPU_FLAGS.read_text(), re.MULTILINE)[1].split())
    assert has_native_bfloat16(CPU) == bool(flags & {"avx512_bf16", "amx_bf16"})


def test_autocast_casts_products_and_leaves_float32_alone():
    x = torch.ones(2, 2)
    with Machine(CPU, torch.bfloat16).autocast():
        assert (x @ x).dtype == torch.bfloat16
    with Machine(CPU, torch.float32).autocast():
        assert (x @ x).dtype == torch.float32


@pytest.mark.parametrize("name", ["gpu", "cpuu", "meta", ""])
def test_an_unknown_device_is_named(name):
    with pytest.raises(UserError, match="is no device: choose auto, cpu"):
        resolve_device(name)


def test_cuda_is_refused_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == CPU
    with pytest.raises(UserError, match="sees no CUDA device"):
        resolve_device("cuda:1")


def test_a_cuda_device_past_the_last_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(UserError, match="'cuda:2': PyTorch sees 2 CUDA devices here"):
        resolve_device("cuda:2")
