"""A run that is killed at random moments ends as if it had been left alone."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[4] / "tools/kill_and_resume.py"


@pytest.mark.slow
@pytest.mark.skipif(not TOOL.is_file(), reason="the repository's tools are not here")
def test_no_batch_is_lost_or_repeated_when_a_run_is_killed_and_resumed():
    command = [sys.executable, str(TOOL), "--kills", "2", "--epochs", "6", "--longest", "0.4"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith("every loss and tensor is the same\n")
