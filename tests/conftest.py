"""Fixtures shared by all tests: the real data beside the checkout, and the databases."""

from pathlib import Path

import pytest

pytest_plugins = ["tests.database_fixtures", "tests.origin.fixtures", "tests.valkey_fixtures"]

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of real data, or skip where a clone has none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real data is not beside this checkout")
    return SHARED_DATA
