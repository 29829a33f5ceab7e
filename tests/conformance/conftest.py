from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service.clock import system_clock
from service.storage import Database, open_storage
from tests.conformance.world import World


class Offset:
    """How far the database's clock runs ahead of the machine's, in seconds: as far as a test turns it."""

    seconds = 0

    def __call__(self) -> int:
        return self.seconds


@pytest.fixture
def offset() -> Offset:
    return Offset()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test's own, on each engine in turn."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path}/safeconduct.db"


@pytest.fixture
async def storage(url: str, offset: Offset) -> AsyncIterator[Database]:
    opened = await open_storage(url, lambda: system_clock() + offset(), clock_offset=offset)
    try:
        await opened.migrate()
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def world(storage: Database) -> World:
    return await World(storage).settle()
