"""Optimiser steps against trajectories recorded from the released code, and what decays."""

import dataclasses

import numpy as np
import pytest
import torch

from rs_core import UserError, create_model
from rs_core.recipes import EmaConfig, OptimizerConfig
from rs_core.train.ema import ModelEma
from rs_core.train.optimizer import LARS, build_optimizer, parameter_groups


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


def test_everything_may_decay_batch_norm_too():
    model = create_model("resnet_rs_50", width_multiplier=0.25)
    config = OptimizerConfig(weight_decay_on="all", weight_decay=0.5)
    assert names_that_decay(model, config) == {name for name, _ in model.named_parameters()}
    optimizer = build_optimizer(model, config)
    for group in optimizer.param_groups:
        group["lr"] = 0.1
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    norm = model.stages["c2"][0].bn1.weight
    torch.testing.assert_close(norm, torch.full_like(norm, 1 - 0.1 * 0.5 * 1.9))  # 1.9: the first step of Nesterov


def test_frozen_parameters_are_left_out():
    model = create_model("resnet_rs_50", width_multiplier=0.25)
    model.freeze("stem", "c2")
    learnable = [p for group in parameter_groups(model, OptimizerConfig()) for p in group["params"]]
    assert len(learnable) == sum(p.requires_grad for p in model.parameters())


LARS_CONFIG = OptimizerConfig(
    convention="keras", nesterov=False, weight_decay=0.01, weight_decay_on="kernels", trust_coefficient=0.001
)


class Layers(torch.nn.Module):
    """Weights of every kind that LARS tells apart, and gradients that are given."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.kernel = torch.nn.Parameter(torch.randn(4, 3, generator=generator))
        self.zero = torch.nn.Parameter(torch.zeros(2, 2))
        self.still = torch.nn.Parameter(torch.zeros(3, 2))
        self.bias = torch.nn.Parameter(torch.randn(4, generator=generator))


def released_step(weight, velocity, gradient, learning_rate, momentum, decay, nesterov, is_adapted):
    """The update of lars_optimizer.py with classic momentum, one variable, in float64."""
    gradient = gradient + decay * weight
    ratio = 1.0
    if is_adapted:
        weight_norm, gradient_norm = np.linalg.norm(weight), np.linalg.norm(gradient)
        if weight_norm > 0 and gradient_norm > 0:
            ratio = 0.001 * weight_norm / gradient_norm
    velocity = momentum * velocity + learning_rate * ratio * gradient
    update = momentum * velocity + learning_rate * ratio * gradient if nesterov else velocity
    return weight - update, velocity


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_lars_moves_every_weight_as_the_released_code_does(nesterov, weight_decay):
    layers = Layers()
    config = dataclasses.replace(LARS_CONFIG, nesterov=nesterov, weight_decay=weight_decay)
    optimizer = build_optimizer(layers, config)
    assert isinstance(optimizer, LARS)
    expected = {name: weight.detach().double().numpy() for name, weight in layers.named_parameters()}
    velocities = {name: np.zeros_like(weight) for name, weight in expected.items()}
    rng = np.random.default_rng(0)
    for learning_rate in (0.5, 4.8, 2.0, 0.1):
        optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = learning_rate
        for name, weight in layers.named_parameters():
            gradient = rng.normal(size=weight.shape) * (name != "still")
            weight.grad = torch.tensor(gradient, dtype=torch.float32)
            is_kernel = name != "bias"
            expected[name], velocities[name] = released_step(
                expected[name],
                velocities[name],
                gradient,
                learning_rate,
                momentum=0.9,
                decay=weight_decay if is_kernel else 0.0,
                nesterov=nesterov,
                is_adapted=is_kernel,
            )
        optimizer.step()
        for name, weight in layers.named_parameters():
            np.testing.assert_allclose(weight.detach(), expected[name], rtol=1e-5, atol=1e-6, err_msg=name)
    assert not layers.still.any()


def test_the_state_of_lars_goes_through_a_checkpoint():
    layers = Layers()
    optimizer = build_optimizer(layers, LARS_CONFIG)
    for weight in layers.parameters():
        weight.grad = torch.ones_like(weight)
    optimizer.param_groups[0]["lr"] = 1.0
    optimizer.step()
    other = build_optimizer(Layers(), LARS_CONFIG)
    other.load_state_dict(optimizer.state_dict())
    assert torch.equal(
        other.state[other.param_groups[0]["params"][0]]["velocity"], optimizer.state[layers.kernel]["velocity"]
    )


def test_lars_is_refused_where_the_learning_rate_is_outside_the_buffer():
    with pytest.raises(UserError, match=r"trust_coefficient=0\.001.*convention=keras"):
        OptimizerConfig(trust_coefficient=0.001)
