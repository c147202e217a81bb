"""The fixture `origin`: a started misbehaving origin on 127.0.0.1, stopped after the test."""

from collections.abc import AsyncIterator

import pytest

from tests.origin.server import Origin


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    """Give a started origin; see tests.origin for what it can do."""
    async with Origin() as started:
        yield started
