"""PyTorch's exporters, silenced."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Keep a package of PyTorch from telling the user about its insides; its errors are raised all the same.

    Without it ``torch.onnx`` lists operators of a torchvision that is not installed, and ``torch.export`` prints the
    traceback of an error before it raises the next one.
    """
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
