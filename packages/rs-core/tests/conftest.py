"""What all tests of rs-core share."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def tensorflow() -> ModuleType:
    """TensorFlow as an oracle, where it is installed.

    Triton is loaded before it: the other way round, the LLVM in both of them ends the process.
    """
    if find_spec("triton"):
        import_module("triton._C.libtriton")
    module: ModuleType = pytest.importorskip("tensorflow")
    return module
