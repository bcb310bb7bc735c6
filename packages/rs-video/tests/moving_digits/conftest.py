"""The moving digits, written once for all tests of a process."""

from pathlib import Path

import pytest

from rs_video.moving_digits import ensure_written


@pytest.fixture(scope="session")
def digits_folder(tmp_path_factory) -> Path:
    """The whole data set."""
    return ensure_written(tmp_path_factory.mktemp("cache") / "digits")
