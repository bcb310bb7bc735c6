"""The wheel: what is in it, and that it works in an environment that has torch and nothing else."""

import email
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from rs_core.extras import EXTRAS

PROJECT = Path(__file__).parents[1]


def uv(*arguments):
    done = subprocess.run([sys.executable, "-m", "uv", *map(str, arguments)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A folder with the wheel and the source distribution."""
    pytest.importorskip("uv", reason="uv builds the wheel")
    folder = tmp_path_factory.mktemp("built")
    uv("build", "--wheel", "--sdist", PROJECT, "-o", folder)
    return folder


@pytest.fixture(scope="session")
def wheel(built) -> dict[str, bytes]:
    """The content of the wheel, by name."""
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def metadata(wheel):
    (name,) = (name for name in wheel if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel[name])


def test_every_module_named_by_an_extra_is_brought_by_it(wheel):
    distributions = {
        "PIL": "pillow",
        "google_crc32c": "google-crc32c",
        "huggingface_hub": "huggingface-hub",
        "sklearn": "scikit-learn",
        "yaml": "pyyaml",
    }
    lines = metadata(wheel).get_all("Requires-Dist")
    for extra, modules in EXTRAS.items():
        brought = [line for line in lines if f"extra == '{extra}'" in line]
        for module in modules:
            assert any(line.startswith(distributions.get(module, module)) for line in brought), module


def test_the_source_distribution_builds_the_same_wheel(built, wheel, tmp_path):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    uv("build", "--wheel", unpacked, "-o", tmp_path / "again")
    (again,) = (tmp_path / "again").glob("*.whl")
    with zipfile.ZipFile(again) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == wheel


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel and what it requires."""

    bin: Path
    folder: Path

    def run(self, program, *arguments):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [self.bin / program, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=self.folder, env=environment, timeout=300
        )

    def python(self, code):
        done = self.run("python", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def installed(built, tmp_path_factory) -> Installed:
    """The wheel without extras. The cache of uv makes this a matter of seconds from the second time on."""
    folder = tmp_path_factory.mktemp("installed")
    uv("venv", "--python", sys.executable, folder / "venv")
    (path,) = built.glob("*.whl")
    uv("pip", "install", "--python", folder / "venv/bin/python", path)
    Image.new("RGB", (8, 8)).save(folder / "x.jpg")
    return Installed(folder / "venv/bin", folder)


@pytest.mark.slow
def test_with_torch_alone_models_work(installed):
    out = installed.python(
        "import importlib.util as u, torch, rs_core\n"
        "assert not any(map(u.find_spec, ['numpy', 'PIL', 'jsonargparse', 'yaml', 'rich', 'safetensors', 'sklearn']))\n"
        "model = rs_core.create_model('resnet_rs_50', num_classes=10).eval()\n"
        "rs_core.optimize_for_inference(model, compile=False)\n"
        "print(tuple(model(torch.zeros(1, 3, 64, 64)).shape), 'resnet_rs_50' in rs_core.list_models())"
    )
    assert out == "(1, 10) True\n"


@pytest.mark.slow
def test_with_torch_alone_the_models_are_shown(installed):
    shown = installed.run("rs-core", "info", "resnet_rs_50")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "35,691,912" in shown.stdout
    assert "resnet_rs_420" in installed.run("rs-core", "info").stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("train",), ("eval",), ("predict", "x.jpg"), ("info",), ("info", "resnet_rs_50_i160")]
)
def test_a_missing_extra_is_one_line_that_says_what_to_install(installed, arguments):
    done = installed.run("rs-core", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"rs-core: rs-core {arguments[0]} needs ")
    assert done.stderr.endswith("which is not installed: pip install 'rs-core[train]'\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_name_that_needs_an_extra_says_so_when_it_is_imported(installed):
    out = installed.python(
        "import rs_core\ntry:\n    from rs_core import get_recipe\nexcept rs_core.UserError as error:\n    print(error)"
    )
    assert out.startswith("rs_core.get_recipe needs ")
    assert out.endswith("which is not installed: pip install 'rs-core[train]'\n")
