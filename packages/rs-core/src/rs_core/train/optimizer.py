"""Momentum SGD as the recipes mean it: which parameters decay, and where the learning rate acts; and LARS."""

from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import SGD, Optimizer

from rs_core.recipes import OptimizerConfig


def build_optimizer(model: nn.Module, config: OptimizerConfig) -> Optimizer:
    """Build the optimiser of a recipe; the training loop sets its learning rate at every step."""
    groups = parameter_groups(model, config)
    nesterov = config.nesterov and config.momentum > 0
    if config.trust_coefficient:
        adapted, others = groups
        return LARS(
            [adapted, {**others, "trust_coefficient": 0.0}],
            lr=0.0,
            trust_coefficient=config.trust_coefficient,
            momentum=config.momentum,
            nesterov=nesterov,
        )
    if config.convention == "keras":
        return KerasSGD(groups, lr=0.0, momentum=config.momentum, nesterov=nesterov)
    # One fused kernel instead of several passes over all parameters; on a CPU that is more than twice as fast.
    return SGD(groups, lr=0.0, momentum=config.momentum, nesterov=nesterov, fused=True)


def parameter_groups(model: nn.Module, config: OptimizerConfig) -> list[dict[str, Any]]:
    """Split the learnable parameters into those that decay and those that do not.

    The released TF1 trainer leaves out batch norm only, so the biases of SE and of the classifier decay too; Model
    Garden lets kernels alone decay. ``all`` leaves out nothing, and the second group is empty.
    """
    norms = {id(p) for m in model.modules() if isinstance(m, _BatchNorm) for p in m.parameters(recurse=False)}

    def decays(parameter: Tensor) -> bool:
        if config.weight_decay_on == "kernels":
            return parameter.ndim > 1
        return config.weight_decay_on == "all" or id(parameter) not in norms

    learnable = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in learnable if decays(p)], "weight_decay": config.weight_decay},
        {"params": [p for p in learnable if not decays(p)], "weight_decay": 0.0},
    ]


class KerasSGD(Optimizer):
    """Momentum SGD with the learning rate inside the buffer, as Model Garden's optimiser has it.

    ``v = momentum * v - lr * g``, then ``p += v``, or ``p += momentum * v - lr * g`` with Nesterov. Equal to
    ``torch.optim.SGD`` as long as the learning rate does not change.
    """

    def __init__(
        self,
        params: Iterable[dict[str, Any]],
        lr: float,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay})

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update every parameter that has a gradient."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if not params:
                continue
            grads = self._gradients(params, group)
            velocities = [self._velocity(p) for p in params]
            torch._foreach_mul_(velocities, group["momentum"])
            torch._foreach_add_(velocities, grads, alpha=-group["lr"])
            if group["nesterov"]:
                torch._foreach_add_(params, velocities, alpha=group["momentum"])
                torch._foreach_add_(params, grads, alpha=-group["lr"])
            else:
                torch._foreach_add_(params, velocities)
        return loss

    def _gradients(self, params: list[Tensor], group: dict[str, Any]) -> list[Tensor]:
        """Return the gradients of the loss with weight decay."""
        grads = [p.grad for p in params if p.grad is not None]
        return list(torch._foreach_add(grads, params, alpha=group["weight_decay"]))

    def _velocity(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(parameter)
        velocity: Tensor = state["velocity"]
        return velocity


class LARS(KerasSGD):
    """Momentum SGD in which each weight learns at a rate of its own (You et al. 2017, arXiv 1708.03888).

    A weight ``w`` with gradient ``g``, decay included, learns at ``lr * trust_coefficient * |w| / |g|``, and at ``lr``
    where one of the norms is 0. Groups with a ``trust_coefficient`` of 0 learn as with ``KerasSGD``. As released with
    "classic" momentum (google-research/simclr:lars_optimizer.py); it never waits for the device.
    """

    def __init__(
        self,
        params: Iterable[dict[str, Any]],
        lr: float,
        trust_coefficient: float = 0.001,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        groups = [{"trust_coefficient": trust_coefficient, **group} for group in params]
        super().__init__(groups, lr, momentum, nesterov, weight_decay)

    def _gradients(self, params: list[Tensor], group: dict[str, Any]) -> list[Tensor]:
        grads = super()._gradients(params, group)
        if group["trust_coefficient"]:
            weights, slopes = (torch.stack(torch._foreach_norm(tensors)) for tensors in (params, grads))
            ratios = group["trust_coefficient"] * weights / slopes
            ratios = torch.where((weights > 0) & (slopes > 0), ratios, 1.0)
            torch._foreach_mul_(grads, list(ratios.unbind()))
        return grads
