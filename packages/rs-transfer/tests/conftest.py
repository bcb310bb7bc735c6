"""The program whose commands the tests run."""

import pytest

from rs_core.cli.program import Program
from rs_transfer.cli import PROGRAM


@pytest.fixture
def program() -> Program:
    """``rs-transfer``."""
    return PROGRAM
