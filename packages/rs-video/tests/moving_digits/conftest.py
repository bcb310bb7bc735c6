"""The moving digits, written once for all tests of a process."""

from pathlib import Path

import pytest

from rs_core.errors import UserError
from rs_video.moving_digits import ensure_written


@pytest.fixture(scope="session")
def digits_folder(tmp_path_factory) -> Path:
    """The whole data set."""
    return ensure_written(tmp_path_factory.mktemp("cache") / "digits")


@pytest.fixture(scope="session")
def refusal():
    """Call something that must be refused, and give its one line."""

    def refuse(call, *arguments, **options) -> str:
        with pytest.raises(UserError) as caught:
            call(*arguments, **options)
        message = str(caught.value)
        assert "\n" not in message
        return message

    return refuse
