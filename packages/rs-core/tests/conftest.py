"""What all tests of rs-core share."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

SHARED = Path(__file__).parents[4] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded oracles and real data that stands beside a checkout, not in it."""
    if not SHARED.is_dir():
        pytest.skip(f"no recorded oracles and data at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def tensorflow() -> ModuleType:
    """TensorFlow as an oracle, where it is installed.

    Triton is loaded before it: the other way round, the LLVM in both of them ends the process.
    """
    if find_spec("triton"):
        import_module("triton._C.libtriton")
    module: ModuleType = pytest.importorskip("tensorflow")
    return module
