"""What all tests of rs-core share."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[4] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded oracles and real data that stands beside a checkout, not in it."""
    if not SHARED.is_dir():
        pytest.skip(f"no recorded oracles and data at {SHARED}")
    return SHARED
