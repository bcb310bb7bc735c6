"""Labelling of the pictures by the small teacher, in ranges of eight rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rs_semisup.label import LabelConfig, label


@pytest.fixture
def config(pictures, teacher_file, tmp_path) -> Callable[..., LabelConfig]:
    """Gives a config of six ranges, with some settings changed."""

    def make(**changes: object) -> LabelConfig:
        settings = {
            "teacher": str(teacher_file),
            "index": str(pictures),
            "out": str(tmp_path / "predictions"),
            "top_k": 3,
            "range_rows": 8,
            "batch_size": 4,
            "perceptual_hash": True,
            "num_workers": 0,
            "device": "cpu",
            "precision": "float32",
        }
        return LabelConfig(**(settings | changes))

    return make


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Gives the files of predictions by name, without the locks, which have no content."""

    def read(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "claims"}

    return read


@pytest.fixture
def expected(config, contents, tmp_path) -> dict[str, bytes]:
    """What one process writes that nobody disturbs."""
    label(config(out=str(tmp_path / "undisturbed")))
    return contents(tmp_path / "undisturbed")


@pytest.fixture
def options() -> Callable[[LabelConfig], list[str]]:
    """Gives the arguments of ``rs-semisup label`` that make a config."""

    def of(config: LabelConfig) -> list[str]:
        given = [f"--{name}={value}" for name, value in vars(config).items() if name != "perceptual_hash" and value]
        given += ["--perceptual_hash"] * config.perceptual_hash
        return given + ["--num_workers=0"] * (config.num_workers == 0)

    return of


@pytest.fixture
def start_process(launch, options):
    """Gives what starts ``rs-semisup label`` as a process of its own."""

    def start(config: LabelConfig):
        return launch("from rs_semisup.cli import main\nsys.exit(main())", ["label", *options(config)])

    return start
