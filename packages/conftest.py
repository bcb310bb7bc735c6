"""What the tests of all packages share: the data beside a checkout, commands run in the test's process, wheels."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rs_core.cli.program import Program

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded oracles and real data that stands beside a checkout, not in it."""
    if not SHARED.is_dir():
        pytest.skip(f"no recorded oracles and data at {SHARED}")
    return SHARED


@dataclass(frozen=True)
class Outcome:
    """What a command leaves for the shell."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(program: Program, capsys, monkeypatch, tmp_path) -> Callable[..., Outcome]:
    """Run the package's ``program`` with arguments, in an empty folder and with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RS_CORE_CACHE", str(tmp_path / "cache"))

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = program.main([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def refused(program: Program, command) -> Callable[..., str]:
    """Run a command that must fail for a reason that the user can mend, and give its one line on stderr."""
    speaker = f"{program.name}: "

    def run(*arguments: object) -> str:
        outcome = command(*arguments)
        assert outcome.code == 2
        assert outcome.err.startswith(speaker)
        assert outcome.err.count("\n") == 1, outcome.err
        return outcome.err.removeprefix(speaker).rstrip("\n")

    return run


@pytest.fixture
def together(program: Program, tmp_path) -> Callable[..., str]:
    """Run a command of the package in two processes that torchrun starts, and give what they print."""

    def run(*arguments: object) -> str:
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        module = ["-m", program.name.replace("-", "_")]
        done = subprocess.run(
            [*launcher, *module, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def build_wheel(tmp_path_factory) -> Callable[[Path], dict[str, bytes]]:
    """Gives what builds the wheel of a project and gives its content by name."""
    pytest.importorskip("uv", reason="uv builds the wheel")

    def build(project: Path) -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp("built")
        command = [sys.executable, "-m", "uv", "build", "--wheel", str(project), "-o", str(folder)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        (path,) = folder.glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    return build
