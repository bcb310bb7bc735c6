"""Commands run in the test's own process, and runs and images for them to work on."""

from pathlib import Path

import pytest
from PIL import Image

from rs_core.cli import PROGRAM, main
from rs_core.cli.program import Program

# Four steps of a network so small that they take a second; every method of the recipe is in it.
TINY = (
    *("--model.blocks", "[1,1,1,1]", "--model.width_multiplier", "0.125", "--resolution", "16"),
    *("--epochs", "0.08", "--batch_size", "32", "--schedule.warmup_epochs", "0.05", "--run.log_every", "1"),
    *("--data.num_workers", "0", "--run.device", "cpu", "--run.precision", "float32", "--run.compile", "off"),
)


@pytest.fixture
def program() -> Program:
    """``rs-core``."""
    return PROGRAM


@pytest.fixture(scope="session")
def tiny() -> tuple[str, ...]:
    """The arguments of a training run that takes a second."""
    return TINY


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory) -> Path:
    """A finished run on the built-in digits."""
    directory = tmp_path_factory.mktemp("runs") / "digits"
    assert main(["train", *TINY, "--run.directory", str(directory)]) == 0
    return directory


@pytest.fixture(scope="session")
def photo_run(tmp_path_factory) -> Path:
    """A finished run on red and blue images, trained long enough to tell them apart."""
    root = tmp_path_factory.mktemp("photos")
    directory = tmp_path_factory.mktemp("runs") / "photos"
    paint(root)
    settings = ("--epochs", "20", "--ema.decay", "0.5", "--randaugment.num_layers", "0", "--data.root", str(root))
    recipe = ("--recipe", "resnet_rs_50_i160_laptop", "--run.evaluate_every", "20")
    assert main(["train", *recipe, *TINY, *settings, "--run.directory", str(directory)]) == 0
    return directory


@pytest.fixture
def photos(tmp_path) -> Path:
    """An image folder of two classes, 16 images to train on and 4 held out of each."""
    root = tmp_path / "photos"
    paint(root)
    return root


def paint(root: Path) -> None:
    for split, num_images in (("train", 16), ("val", 4)):
        for name, hue in (("blue", (0, 0, 1)), ("red", (1, 0, 0))):
            (root / split / name).mkdir(parents=True)
            for i in range(num_images):
                level = 120 + 8 * i
                color = tuple(level * channel for channel in hue)
                Image.new("RGB", (24, 20 + i), color).save(root / split / name / f"{i}.png")
