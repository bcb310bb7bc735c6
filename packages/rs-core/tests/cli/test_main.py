"""The command itself: what it prints, and what the shell is told."""

import os
import subprocess
import sys

import pytest

import rs_core
from rs_core import cli
from rs_core.cli.program import Program


@pytest.mark.parametrize("arguments", [(), ("-h",), ("--help",)])
def test_usage_names_every_command(command, arguments):
    outcome = command(*arguments)
    assert outcome.code == 0
    assert outcome.err == ""
    for name in cli.PROGRAM.commands:
        assert f"  {name} " in outcome.out


def test_version(command):
    assert command("--version").out == f"rs-core {rs_core.__version__}\n"


def test_an_unknown_command_is_refused_with_the_nearest(refused):
    assert refused("trian") == "unknown command 'trian' (did you mean 'train'?); see rs-core --help"
    assert "did you mean" not in refused("xyz")


@pytest.mark.parametrize("name", cli.PROGRAM.commands)
def test_every_command_has_help_that_fits_a_terminal(command, capsys, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "100")
    try:
        out = command(name, "--help").out
    except SystemExit as ended:  # as argparse ends it
        assert ended.code == 0
        out = capsys.readouterr().out
    assert out.startswith(f"usage: rs-core {name}")
    assert max(map(len, out.splitlines())) <= 100
    assert "==SUPPRESS==" not in out
    assert "``" not in out


@pytest.mark.parametrize("name", sorted(cli.PROGRAM.commands.keys() - {"train", "study"}))
def test_an_unknown_option_is_refused(refused, name):
    needed = {"predict": ("x.jpg",), "convert": ("x", "y"), "export": ("x", "y"), "push": ("x", "y")}
    needed |= {"index": ("x",), "shard": ("x", "y"), "bench": ("loader",)}
    assert refused(name, *needed.get(name, ()), "--resolutoin", "3").startswith("unrecognized arguments: --resolutoin")


def test_a_misspelt_option_is_met_with_the_nearest(refused):
    assert "did you mean '--resolution'?" in refused("eval", "--resolutoin", "3")


def test_options_are_not_abbreviated(refused):
    assert "unrecognized arguments: --js" in refused("eval", "--js")


def test_a_missing_argument_is_one_line(refused):
    assert refused("predict") == "the following arguments are required: IMAGE; see rs-core predict --help"


def raising(monkeypatch, error):
    def run_command(program, command, arguments):
        raise error

    monkeypatch.setattr(Program, "run_command", run_command)


def test_ctrl_c_ends_with_130_and_no_traceback(command, monkeypatch):
    raising(monkeypatch, KeyboardInterrupt())
    outcome = command("info")
    assert (outcome.code, outcome.err) == (130, "rs-core: interrupted\n")


def test_a_failure_of_the_operating_system_is_one_line(refused, monkeypatch):
    raising(monkeypatch, OSError(28, "No space left on device", "runs/x/report.md"))
    assert refused("info") == "runs/x/report.md: No space left on device"


def test_a_message_is_one_line_whatever_is_in_it(refused, monkeypatch):
    raising(monkeypatch, rs_core.UserError("a\nb.jpg: no such file"))
    assert refused("info") == "a b.jpg: no such file"


def test_a_mistake_of_ours_is_not_dressed_up_as_one_of_the_user(command, monkeypatch):
    raising(monkeypatch, ModuleNotFoundError("No module named 'rs_core.oops'", name="rs_core.oops"))
    with pytest.raises(ModuleNotFoundError, match="oops"):
        command("info")


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "rs_core", "trian"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "rs-core: unknown command 'trian' (did you mean 'train'?); see rs-core --help\n"


@pytest.mark.parametrize("num_lines", [1, 200_000], ids=["less than a buffer", "more than a pipe holds"])
def test_a_reader_that_leaves_early_causes_no_complaint(num_lines):
    program = (
        f"import sys; from rs_core import cli; sys.stdin.read(); cli.PROGRAM.commands['x'] = 'line\\n' * {num_lines}; "
        "raise SystemExit(cli.main(['--help']))"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen([sys.executable, "-c", program], env=buffered, **pipes) as process:
        process.stdout.close()
        process.stdin.close()  # now it writes
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141
