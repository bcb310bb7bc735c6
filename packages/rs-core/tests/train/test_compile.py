"""The decision to compile is made for a stated reason."""

import torch

from rs_core.train import compile as decision
from rs_core.train.compile import WORTHWHILE_PASSES, maybe_compile

CPU = torch.device("cpu")
LINEAR = torch.nn.Linear(1, 1)


def test_off_is_eager():
    assert maybe_compile(LINEAR, "off", CPU, 10**9) == (LINEAR, "eager, as asked")


def test_auto_leaves_short_runs_eager():
    model, why = maybe_compile(LINEAR, "auto", CPU, WORTHWHILE_PASSES - 1)
    assert model is LINEAR
    assert "would not earn" in why


def test_auto_compiles_long_runs_where_there_is_a_compiler(monkeypatch):
    monkeypatch.setattr(decision, "missing_compiler", lambda device: None)
    model, why = maybe_compile(LINEAR, "auto", CPU, WORTHWHILE_PASSES)
    assert model is not LINEAR
    assert why.startswith("compiled")


def test_auto_names_what_is_missing(monkeypatch):
    monkeypatch.setattr(decision, "missing_compiler", lambda device: "no C++ compiler is installed")
    assert maybe_compile(LINEAR, "auto", CPU, 10**6) == (LINEAR, "eager, because no C++ compiler is installed")
