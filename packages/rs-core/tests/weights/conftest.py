"""Recorded runs of TensorFlow's models, with the rule that regenerates their weights."""

import json
import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rs_core.models import ResidualNetwork

EMA_SUFFIX = "/ExponentialMovingAverage"
SALT = "shared"


def seeded_normal(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Draw the standard normal numbers that belong to a name."""
    seed = zlib.crc32((SALT + name).encode())
    return np.random.RandomState(seed).standard_normal(shape).astype(np.float32)


class Oracle:
    """One recorded file: input, weights by rule, and what TensorFlow computed from them."""

    def __init__(self, path: Path) -> None:
        self.case = path.stem
        with np.load(path, allow_pickle=False) as file:
            self.recorded = dict(file)

    def variables(self, *, ema: bool) -> dict[str, NDArray[np.float32]]:
        """Regenerate the weights by name, the averaged ones under their suffixed name."""
        names = [f"{name}{EMA_SUFFIX if ema else ''}" for name in self.recorded["var_names"]]
        shapes = map(json.loads, self.recorded["var_shapes"])
        triples = zip(names, shapes, self.recorded["var_kinds"], strict=True)
        return {name: self.weight(name, shape, kind) for name, shape, kind in triples}

    def weight(self, name: str, shape: list[int], kind: str) -> NDArray[np.float32]:
        z = seeded_normal(name, tuple(shape)).astype(np.float64)
        match kind:
            case "kernel":
                value = z * math.sqrt(2 / math.prod(shape[:-1]))
            case "gamma" | "gamma_last":
                value = self.recorded[f"{kind}_base"] + 0.1 * z
            case "variance":
                value = np.exp(0.2 * z)
            case _:
                value = 0.1 * z
        return value.astype(np.float32)

    def check_probes(self, variables: dict[str, NDArray[np.float32]], *, ema: bool) -> None:
        """Make sure that the rule gives the very bytes that were recorded."""
        suffix = EMA_SUFFIX if ema else ""
        checksums = self.recorded["probe_crc32_ema" if ema else "probe_crc32"]
        for name, checksum in zip(self.recorded["probe_names"], checksums, strict=True):
            assert zlib.crc32(variables[f"{name}{suffix}"].tobytes()) == checksum, name

    def images(self) -> Tensor:
        """Regenerate the input, images ``[N, C, H, W]`` or clips ``[N, C, T, H, W]``."""
        images = seeded_normal(f"input:{self.case}", tuple(self.recorded["input_shape"]))
        assert zlib.crc32(images.tobytes()) == self.recorded["input_crc32"]
        np.testing.assert_array_equal(images[..., :2, :2, :], self.recorded["input_head"])
        return torch.from_numpy(images).movedim(-1, 1).contiguous()

    def check(self, prefix: str, outputs: dict[str, Tensor], *, float64: bool) -> None:
        """Compare logits, pooled features and endpoints (channels first) with the recorded run, of images or clips.

        The bounds for float32 are eight times TensorFlow's own float32 error, or what its record calls correct
        where that is more. In float64 the float64 twins are met to 1e-12 of the standard deviation.
        """
        logits_std = self.recorded[f"{prefix}_logits_std"]
        bound = max(2e-5, 8 * self.recorded[f"{prefix}_f32_err_over_std"])
        self.close("logits", outputs["logits"], f"{prefix}_logits_f64", (1e-12 if float64 else bound) * logits_std)
        self.close("pool", outputs["pool"], f"{prefix}_pool", 2e-5 * self.recorded[f"{prefix}_c5_std"])
        for name in ("stem", "c2", "c3", "c4", "c5"):
            self.check_endpoint(f"{prefix}_{name}", outputs[name], float64=float64)

    def check_endpoint(self, key: str, feature_map: Tensor, *, float64: bool) -> None:
        """Compare corners, channel means, mean and deviation of one feature map."""
        channels_last = feature_map.movedim(1, -1).double()
        assert channels_last.shape == tuple(self.recorded[f"{key}_shape"])
        std = self.recorded[f"{key}_std_f64"]
        corner = max(1e-4 * std, 8 * self.recorded[f"{key}_f32_err"])
        num_kept = (2, 4, 4, 4) if channels_last.ndim == 5 else (4, 4, 4)
        head = (slice(None), *(slice(count) for count in num_kept))
        tail = (slice(None), *(slice(-count, None) for count in num_kept))
        self.close(key, channels_last[head], f"{key}_head", corner)
        self.close(key, channels_last[tail], f"{key}_tail", corner)
        self.close(key, channels_last.flatten(1, -2).mean(1), f"{key}_chmean", 2e-5 * std)
        moment = (1e-12 if float64 else 5e-6) * std
        # NumPy sums in pairs; PyTorch's running sums lose 1e-11 over a million elements.
        self.close(key, channels_last.numpy().mean(), f"{key}_mean_f64", moment)
        self.close(key, channels_last.numpy().std(), f"{key}_std_f64", moment)

    def close(self, what: str, ours: Any, key: str, tolerance: float) -> None:
        difference = np.abs(np.asarray(ours, np.float64) - self.recorded[key]).max()
        assert difference <= tolerance, f"{what} against {key}: {difference:.2e} > {tolerance:.2e}"


def run_with_endpoints(model: ResidualNetwork, images: Tensor) -> dict[str, Tensor]:
    """Run a network in eval mode and keep the maps that the records hold."""
    model.eval()
    kept = {}
    hook = model.stem.register_forward_hook(lambda module, args, output: kept.update(stem=output))
    with torch.no_grad():
        kept |= model.forward_features(images)
        kept |= {"pool": kept["c5"].flatten(2).mean(2), "logits": model.forward_head(kept["c5"])}
    hook.remove()
    return kept


def check_recorded_run(record: Oracle, model: ResidualNetwork, *, ema: bool) -> None:
    """Compare a loaded network with the recorded run, in float32 and in float64."""
    images = record.images()
    for dtype in (torch.float32, torch.float64):
        outputs = run_with_endpoints(model.to(dtype), images.to(dtype))
        record.check("ema" if ema else "raw", outputs, float64=dtype == torch.float64)


@pytest.fixture
def check_run() -> Callable[..., None]:
    """Compare a loaded network with a recorded run."""
    return check_recorded_run


@pytest.fixture
def oracle(shared: Path) -> Callable[[str], Oracle]:
    """Open a recorded file by its path below the oracles."""
    return lambda name: Oracle(shared / "oracles" / f"{name}.npz")
