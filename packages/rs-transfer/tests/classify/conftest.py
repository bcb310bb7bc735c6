"""Small data sets in the formats that are read, a fine-tuning that takes a second, and a starting point for it."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rs_core.data.preprocessing import Preprocessing
from rs_core.models import build_model
from rs_core.weights.release import Origin, PretrainedModel, save_model
from rs_transfer.classify.config import ClassifyConfig
from rs_transfer.classify.protocol import laptop


@pytest.fixture
def tiny(tmp_path) -> ClassifyConfig:
    """Three steps on the built-in digits 5 to 9, from random weights, in ``tmp_path / "run"``."""
    config = laptop()
    return replace(
        config,
        steps=3,
        resolution=16,
        input=replace(config.input, resolution=16),
        model=replace(config.model, width_multiplier=0.125),
        run=replace(config.run, directory=str(tmp_path / "run"), device="cpu", precision="float32", log_every=1),
    )


@pytest.fixture
def write_weights(tiny, tmp_path) -> Callable[..., str]:
    """Gives what writes random weights of the tiny network, with another input and changes of its configuration."""

    def write(num_classes: int = 5, **changes: object) -> str:
        torch.manual_seed(7)
        model = build_model(replace(tiny.model, num_classes=num_classes, **changes))
        pretrained = PretrainedModel(
            model=model,
            preprocessing=Preprocessing(resolution=20, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), crop_rule="tf2"),
            class_names=tuple(f"class {label}" for label in range(num_classes)),
            origin=Origin(recipe="tiny"),
        )
        path = tmp_path / f"weights-{num_classes}.safetensors"
        save_model(pretrained, path)
        return str(path)

    return write


@pytest.fixture
def photos(tmp_path) -> Path:
    """An image folder of two classes, with six training images and three test images of each."""
    root = tmp_path / "photos"
    for split, num_images in (("train", 6), ("val", 3)):
        for name, hue in (("blue", (0, 0, 1)), ("red", (1, 0, 0))):
            (root / split / name).mkdir(parents=True)
            for i in range(num_images):
                colour = tuple((120 + 8 * i) * channel for channel in hue)
                Image.new("RGB", (24, 20 + i), colour).save(root / split / name / f"{i}.png")
    return root


@pytest.fixture
def write_cifar(tmp_path) -> Callable[..., Path]:
    """Gives what writes random images in the layout of CIFAR-100; keyword arguments replace entries of ``train``."""

    def write(num_train: int = 300, num_test: int = 100, **changes: object) -> Path:
        root = tmp_path / "cifar"
        folder = root / "cifar-100-python"
        folder.mkdir(parents=True)
        rng = np.random.default_rng(0)
        for split, count in (("train", num_train), ("test", num_test)):
            content = {
                "data": rng.integers(0, 256, (count, 3072), np.uint8),
                "fine_labels": [row % 100 for row in range(count)],
                "coarse_labels": [row % 20 for row in range(count)],
            }
            content |= changes if split == "train" else {}
            (folder / split).write_bytes(pickle.dumps(content))
        meta = {"fine_label_names": [f"fine {label}" for label in range(100)], "coarse_label_names": ["coarse"] * 20}
        (folder / "meta").write_bytes(pickle.dumps(meta))
        return root

    return write
