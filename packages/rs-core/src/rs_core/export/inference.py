"""Fast inference: batch norm folded away, weights frozen and cast, channels last, compiled where possible."""

import logging
from collections.abc import Callable
from typing import Literal, Self, TypeVar

import torch
from torch import Tensor, nn
from torch._inductor import config as inductor_config

from rs_core.compiler import missing_compiler
from rs_core.errors import UserError
from rs_core.export.fold import fold_batch_norm
from rs_core.models.network import ResidualNetwork

logger = logging.getLogger(__name__)

Output = TypeVar("Output")


def optimize_for_inference(
    model: ResidualNetwork,
    *,
    dtype: torch.dtype = torch.float32,
    compile: bool | Literal["auto"] = "auto",
) -> "InferenceModel":
    """Copy a network into the fastest form that this machine can run; ``model`` stays as it is.

    ``dtype``: precision of weights and maps; ``torch.bfloat16`` is two to three times as fast where the
    processor multiplies it in hardware. ``compile``: ``"auto"`` compiles where a compiler is found and otherwise
    logs a warning and runs eagerly; ``True`` insists; ``False`` never compiles. The first call compiles, which
    takes a minute for 50 layers on two cores; so may the first call at another batch or image size. Move
    ``model`` to its device before.

    >>> from rs_core import create_model, optimize_for_inference
    >>> fast = optimize_for_inference(create_model("resnet_rs_50"), dtype=torch.bfloat16)
    >>> logits = fast(torch.zeros(16, 3, 160, 160))

    Raises:
        UserError: another ``dtype``, or ``compile=True`` without a compiler.
    """
    if dtype not in (torch.float32, torch.bfloat16):
        raise UserError(f"dtype={dtype}: choose torch.float32 or torch.bfloat16")
    missing = missing_compiler(next(model.parameters()).device) if compile else None
    if compile is True and missing:
        raise UserError(f"compile=True: {missing}; install it or pass compile='auto'")
    if missing:
        logger.warning("inference runs eagerly, because %s", missing)
    network = fold_batch_norm(model)
    return InferenceModel(network, dtype=dtype, path="compiled" if compile and not missing else "eager fused")


class InferenceModel(nn.Module):
    """What :func:`optimize_for_inference` makes: float32 images in, float32 logits or features out.

    It takes over a folded network. ``path`` says how it runs. It stays in eval mode and on the device where it was
    made, and gives no gradients.
    """

    def __init__(
        self, network: ResidualNetwork, *, dtype: torch.dtype, path: Literal["compiled", "eager fused"]
    ) -> None:
        super().__init__()
        self.memory_format = network.config.channels_last
        self.network = network.requires_grad_(False).to(dtype).to(memory_format=self.memory_format)
        self.dtype = dtype
        self.path = path
        self.feature_info = network.feature_info
        self.num_features = network.num_features
        self._logits: Callable[[Tensor], Tensor] = network.forward
        self._features: Callable[[Tensor], dict[str, Tensor]] = network.forward_features
        if path == "compiled":
            self._logits = compile_frozen(network.forward)
            self._features = compile_frozen(network.forward_features)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Map images or clips ``[N, in_channels, …]`` to logits ``[N, num_classes]``, or pooled features without."""
        return self._logits(self._prepare(x)).float()

    @torch.no_grad()
    def forward_features(self, x: Tensor) -> dict[str, Tensor]:
        """Map images or clips ``[N, in_channels, …]`` to the maps that ``feature_info`` describes, finest first."""
        return {name: feature.float() for name, feature in self._features(self._prepare(x)).items()}

    def _prepare(self, x: Tensor) -> Tensor:
        return x.to(dtype=self.dtype, memory_format=self.memory_format)

    def train(self, mode: bool = True) -> Self:
        """Stay in eval mode: there is no batch norm left to train."""
        return super().train(False)

    def extra_repr(self) -> str:
        """Show precision and path."""
        return f"dtype={self.dtype}, path={self.path!r}"


def compile_frozen(function: Callable[[Tensor], Output]) -> Callable[[Tensor], Output]:
    """Compile a method of a network whose weights no longer change, so that they can be packed once."""
    compiled = torch.compile(function)

    def call(x: Tensor) -> Output:
        # torch.compile(options={"freezing": True}) is not enough: the tracer reads the setting itself, outside
        # the reach of options, and then leaves the weights as inputs.
        with inductor_config.patch(freezing=True):
            return compiled(x)

    return call
