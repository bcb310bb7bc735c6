"""Optimiser steps against trajectories recorded from the released code, and what decays."""

import numpy as np
import pytest
import torch

from rs_core import create_model
from rs_core.recipes import EmaConfig, OptimizerConfig
from rs_core.train.ema import ModelEma
from rs_core.train.optimizer import build_optimizer, parameter_groups


@pytest.fixture(scope="module")
def curves(shared):
    return np.load(shared / "oracles/recipe_curves.npz")


class Point(torch.nn.Module):
    """The recorded toy problem: half a (x - c) squared, with coupled weight decay."""

    def __init__(self, curves):
        super().__init__()
        self.x = torch.nn.Parameter(torch.tensor(curves["toy_x0"], dtype=torch.float32))
        self.a, self.c = (torch.tensor(curves[name], dtype=torch.float32) for name in ("toy_a", "toy_c"))

    def forward(self):
        return (0.5 * self.a * (self.x - self.c) ** 2).sum()


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize(("convention", "recorded", "start"), [("torch", "t1", "weights"), ("keras", "t2", "zero")])
def test_steps_and_averages_follow_the_recorded_trajectory(curves, convention, recorded, start, nesterov):
    recorded = f"{recorded}_{'nesterov' if nesterov else 'heavyball'}"
    point = Point(curves)
    config = OptimizerConfig(
        convention=convention,
        nesterov=nesterov,
        momentum=float(curves["toy_momentum"]),
        weight_decay=float(curves["toy_wd"]),
    )
    optimizer = build_optimizer(point, config)
    ema = ModelEma(point, EmaConfig(decay=float(curves["toy_ema"]), start=start))
    for step, learning_rate in enumerate(curves["toy_lr"]):
        for group in optimizer.param_groups:
            group["lr"] = float(learning_rate)
        optimizer.zero_grad()
        point().backward()
        optimizer.step()
        ema.update(point)
        np.testing.assert_allclose(point.x.detach(), curves[f"{recorded}_x"][step], rtol=1e-6, atol=3e-7)
        np.testing.assert_allclose(ema.model.x, curves[f"{recorded}_ema"][step], rtol=1e-6, atol=3e-7)


def names_that_decay(model, config):
    decaying = {id(parameter) for parameter in parameter_groups(model, config)[0]["params"]}
    return {name for name, parameter in model.named_parameters() if id(parameter) in decaying}


def test_all_but_batch_norm_decays_as_in_the_released_trainer(shared):
    recorded = np.load(shared / "oracles/tf1_resnet_rs/rs50_i160.npz")
    names = names_that_decay(create_model("resnet_rs_50"), OptimizerConfig())
    assert len(names) == len(recorded["weight_decay_names"])
    assert "classifier.bias" in names
    assert "stages.c2.0.se.reduce.bias" in names
    assert not any(".bn" in name for name in names)


def test_kernels_alone_decay_as_in_model_garden():
    model = create_model("resnet_rs_50", width_multiplier=0.25)
    names = names_that_decay(model, OptimizerConfig(weight_decay_on="kernels"))
    assert names == {name for name, parameter in model.named_parameters() if parameter.ndim > 1}


def test_frozen_parameters_are_left_out():
    model = create_model("resnet_rs_50", width_multiplier=0.25)
    model.freeze("stem", "c2")
    learnable = [p for group in parameter_groups(model, OptimizerConfig()) for p in group["params"]]
    assert len(learnable) == sum(p.requires_grad for p in model.parameters())
