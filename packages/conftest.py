"""What the tests of all packages share: the data beside a checkout, commands run in the test's process, wheels."""

import os
import runpy
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from torch.distributed import TCPStore

from rs_core.cli.program import Program
from rs_core.errors import UserError
from rs_core.train.loop import Trainer

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


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """Call something that must be refused, and give its one line."""

    def refuse(call: Callable[..., object], *arguments: object, **options: object) -> str:
        with pytest.raises(UserError) as caught:
            call(*arguments, **options)
        message = str(caught.value)
        assert "\n" not in message
        return message

    return refuse


@pytest.fixture(scope="session")
def stop_after() -> Callable[[int, pytest.MonkeyPatch], None]:
    """Gives what asks a run to stop once so many steps are done, as SIGTERM does, for as long as the patch lasts."""

    def patch(step: int, patched: pytest.MonkeyPatch) -> None:
        take_step = Trainer.train_step

        def take_step_then_signal(trainer: Trainer) -> None:
            take_step(trainer)
            if trainer.state.step == step:
                os.kill(os.getpid(), signal.SIGTERM)

        patched.setattr(Trainer, "train_step", take_step_then_signal)

    return patch


@dataclass(frozen=True)
class Launched:
    """A process that ``launch`` started; used like one of ``subprocess``."""

    process: BaseProcess
    out: Path
    err: Path

    @property
    def pid(self) -> int:
        """Its number."""
        assert self.process.pid is not None
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        """What it ended with, ``None`` while it runs."""
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Give what it ends with."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise TimeoutError(f"runs longer than {timeout} seconds; stderr: {self.err.read_text()}")
        return self.process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end and give what it printed on stdout and on stderr."""
        self.wait(timeout)
        return self.out.read_text(), self.err.read_text()

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()


@pytest.fixture(scope="session")
def fork_server() -> ForkServerContext:
    """Starts clean processes that have imported already what takes most of the time of a start."""
    server = get_context("forkserver")
    server.set_forkserver_preload(
        ["torch._dynamo", "torch.distributed", "matplotlib.figure", "rs_core.cli.train", "rs_core.train.loop"]
    )
    return server


@pytest.fixture
def launch(fork_server, tmp_path) -> Iterator[Callable[..., Launched]]:
    """Gives what runs lines of Python as a process of its own, in ``tmp_path``; all end with the test."""
    launched: list[Launched] = []

    def start(lines: str, arguments: Sequence[object] = (), **environment: object) -> Launched:
        folder = tmp_path / f".process{len(launched)}"
        folder.mkdir()
        script, out, err = (folder / name for name in ("main.py", "out.txt", "err.txt"))
        # The server has the environment of its own start.
        variables = os.environ | {name: str(value) for name, value in environment.items()}
        script.write_text(
            "import os, sys\n"
            f"os.dup2(os.open({str(out)!r}, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 1)\n"
            f"os.dup2(os.open({str(err)!r}, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 2)\n"
            f"os.environ.clear()\nos.environ.update({dict(variables)!r})\n"
            f"os.chdir({str(tmp_path)!r})\n"
            f"sys.argv[1:] = {[str(argument) for argument in arguments]!r}\n{lines}"
        )
        out.touch()
        err.touch()
        process = fork_server.Process(target=runpy.run_path, args=(str(script), None, "__main__"))
        process.start()
        launched.append(Launched(process, out, err))
        return launched[-1]

    yield start
    for one in launched:
        one.kill()
        one.wait()


@pytest.fixture
def launch_ranks(launch) -> Iterator[Callable[..., list[Launched]]]:
    """Gives what runs the same lines as the ranks of one job, as torchrun does; two of them unless told otherwise."""
    stores = []

    def start(lines: str, arguments: Sequence[object] = (), num_ranks: int = 2) -> list[Launched]:
        # Ranks meet where their launcher keeps the addresses, as often as they like.
        stores.append(TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False))
        meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": stores[-1].port, "TORCHELASTIC_USE_AGENT_STORE": True}
        return [
            launch(lines, arguments, RANK=rank, LOCAL_RANK=rank, WORLD_SIZE=num_ranks, **meeting)
            for rank in range(num_ranks)
        ]

    yield start
    stores.clear()


@pytest.fixture
def together(program: Program, launch_ranks, tmp_path) -> Callable[..., str]:
    """Run a command of the package in two ranks of one job, and give what they print."""
    module = program.name.replace("-", "_")

    def run(*arguments: object) -> str:
        lines = f"os.environ['RS_CORE_CACHE'] = {str(tmp_path / 'cache')!r}\n"
        lines += f"from {module}.cli import main\nsys.exit(main())\n"
        printed = []
        for rank in launch_ranks(lines, arguments):
            out, err = rank.communicate(timeout=300)
            assert rank.returncode == 0, err
            printed.append(out)
        return "".join(printed)

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
