"""Digits of both kinds, pictures and a teacher to label them, a joint run that takes a second or two, and commands.

Commands run in the test's own process.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rs_core import create_model
from rs_core.cli.program import Program
from rs_core.data.digits import index_digits
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_any import build_index
from rs_core.data.index.select_rows import SelectedRows, select_rows
from rs_core.data.index.store import open_stored
from rs_core.data.preprocessing import Preprocessing
from rs_core.train.config import RunConfig
from rs_core.weights.release import Origin, PretrainedModel, save_model
from rs_semisup.cli import PROGRAM
from rs_semisup.joint.config import JointDataConfig, JointTrainConfig, joint_train_config
from rs_semisup.recipes import get_semisup_recipe
from rs_semisup.study.digits import Digits, write_digits

NUM_PSEUDO, TOP_K = 120, 4


@pytest.fixture
def program() -> Program:
    """``rs-semisup``."""
    return PROGRAM


@pytest.fixture(scope="session")
def digits(tmp_path_factory) -> Digits:
    """Forty labelled digits, the others without labels, and those held out."""
    return write_digits(tmp_path_factory.mktemp("digits"), labels_per_class=4, seed=0)


@pytest.fixture(scope="session")
def pseudo_index(digits, tmp_path_factory) -> Path:
    """An index of unlabelled digits with the four likeliest classes of a teacher that has no idea."""
    stored = open_stored(digits.unlabelled)
    rng = np.random.default_rng(0)
    probabilities = -np.sort(-rng.dirichlet(np.ones(10), NUM_PSEUDO), axis=1)[:, :TOP_K]
    classes = np.argsort(rng.random((NUM_PSEUDO, 10)), axis=1)[:, :TOP_K].astype(np.int16)
    piece = SelectedRows(
        rows=np.arange(NUM_PSEUDO),
        labels=classes[:, 0].astype(np.int64),
        columns={"pseudo_classes": classes, "pseudo_probabilities": probabilities.astype(np.float16)},
    )
    out = tmp_path_factory.mktemp("pseudo") / "index"
    select_rows(stored, out, [piece], class_names=index_digits("train").class_names)
    return out


@pytest.fixture
def joint_config(digits, pseudo_index, tmp_path) -> JointTrainConfig:
    """Eight steps of 4 labelled and 12 pseudo-labelled digits at 16 px, with every method of the recipe."""
    recipe = get_semisup_recipe("resnet_rs_50_i160_semisup_laptop")
    recipe = dataclasses.replace(
        recipe,
        model=dataclasses.replace(recipe.model, drop_path_rate=0.1),
        resolution=16,
        batch_size=4,
        epochs=0.8,
        schedule=dataclasses.replace(recipe.schedule, warmup_epochs=0.2),
    )
    data = JointDataConfig(
        train_index=str(digits.labelled),
        val_index=str(digits.held_out),
        pseudo_index=str(pseudo_index),
        num_workers=0,
    )
    run = RunConfig(directory=str(tmp_path / "run"), device="cpu", precision="float32", compile="off", log_every=1)
    return joint_train_config(recipe, data, run)


@pytest.fixture
def joint_arguments(digits, pseudo_index) -> tuple[str, ...]:
    """The same run as arguments of ``rs-semisup train``, without its directory."""
    return (
        *("--recipe", "resnet_rs_50_i160_semisup_laptop", "--batch_size", "4", "--epochs", "0.8"),
        *("--schedule.warmup_epochs", "0.2", "--data.train_index", str(digits.labelled), "--data.num_workers", "0"),
        *("--data.val_index", str(digits.held_out), "--data.pseudo_index", str(pseudo_index), "--run.log_every", "1"),
        *("--run.device", "cpu", "--run.precision", "float32", "--run.compile", "off"),
    )


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """An index of 45 pictures of many sizes. Row 7 is cut off, row 20 is empty and the file of row 33 is gone."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for row in range(45):
        height, width = rng.integers(20, 60, 2)
        coarse = rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((int(width), int(height)), Image.Resampling.BICUBIC)
        path = folder / f"images/all/{row:02}.{'jpg' if row % 2 else 'png'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    cut_off, empty, gone = (next(folder.glob(f"images/all/{row:02}.*")) for row in (7, 20, 33))
    cut_off.write_bytes(cut_off.read_bytes()[:200])
    empty.write_bytes(b"")
    build_index([str(folder / "images")], folder / "index", BuildConfig(with_labels=False))
    gone.unlink()
    return folder / "index"


@pytest.fixture(scope="session")
def save_teacher() -> Callable[..., Path]:
    """Gives what writes a small network with random weights to a file: of 5 classes, or others, for 24 px."""

    def save(path: Path, *, seed: int = 0, class_names: tuple[str, ...] = tuple("abcde"), scale: float = 1) -> Path:
        torch.manual_seed(seed)
        model = create_model(
            "resnet_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.125, num_classes=len(class_names)
        ).eval()
        with torch.no_grad():
            for name, tensor in model.named_parameters():
                tensor.add_(0.2 * torch.randn_like(tensor)).mul_(scale if name.endswith("bn3.weight") else 1)
        teacher = PretrainedModel(
            model=model,
            preprocessing=Preprocessing(resolution=24),
            class_names=class_names,
            origin=Origin(recipe="small", source=path.name),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        save_model(teacher, path)
        return path

    return save


@pytest.fixture(scope="session")
def teacher_file(save_teacher, tmp_path_factory) -> Path:
    """A teacher of five classes, a to e."""
    return save_teacher(tmp_path_factory.mktemp("teacher") / "model.safetensors")
