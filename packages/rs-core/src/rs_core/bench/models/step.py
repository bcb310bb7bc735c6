"""One step of a network in a setting: what is timed."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rs_core.bench.models.networks import build_network
from rs_core.bench.models.settings import Line, Setting

NUM_CLASSES = 1000

Step = Callable[[], None]


def build_step(line: Line) -> Step:
    """Place network and images as the line says and give a step on them; the first call compiles.

    The images are random and stay on the device, so nothing but the network and its optimiser is timed. For the process
    it also sets how CUDA computes float32.
    """
    setting = line.setting
    memory_format = torch.channels_last if setting.memory_format == "channels_last" else torch.contiguous_format
    # float32 must mean it, as on the V100 of the paper; CUDA's convolutions would take the shorter mantissa.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = setting.precision == "tf32"
    torch.backends.cudnn.benchmark = True

    network = build_network(line.row).to(setting.device, memory_format=memory_format)  # type: ignore[call-overload]
    shape = (line.batch_size, 3, line.row.resolution, line.row.resolution)
    images = torch.rand(shape, device=setting.device).to(memory_format=memory_format)
    labels = torch.randint(NUM_CLASSES, (line.batch_size,), device=setting.device)
    if setting.mode == "training":
        return training_step(network, setting, images, labels)
    return inference_step(network, setting, images)


def training_step(network: nn.Module, setting: Setting, images: Tensor, labels: Tensor) -> Step:
    """Forward, cross-entropy, backward and SGD with Nesterov momentum and weight decay."""
    network.train()
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=4e-5, fused=True
    )
    forward = torch.compile(network) if setting.compiled else network
    scaler = torch.amp.GradScaler(images.device.type, enabled=setting.precision == "float16")

    def step() -> None:
        with autocast(setting):
            loss = F.cross_entropy(forward(images).float(), labels)
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)

    return step


def inference_step(network: nn.Module, setting: Setting, images: Tensor) -> Step:
    """Forward, with the running statistics of batch norm."""
    network.eval()
    forward = torch.compile(network) if setting.compiled else network

    def step() -> None:
        with torch.no_grad(), autocast(setting):
            forward(images)

    return step


def autocast(setting: Setting) -> AbstractContextManager[Any]:
    """Run convolutions and matrix products in the precision of the setting."""
    if setting.precision in ("float32", "tf32"):
        return nullcontext()
    return torch.autocast(torch.device(setting.device).type, getattr(torch, setting.precision))
