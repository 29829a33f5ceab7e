from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from service.storage import Database, open_storage
from tests.clock import TurnableClock

Opener = Callable[..., Awaitable[Database]]

START = 1_800_000_000


class EngineClock:
    """The database's clock as a test turns it: SQLite takes it whole, PostgreSQL its distance from the real one."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test's own."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path}/safeconduct.db"


@pytest.fixture
async def storage(url: str) -> AsyncIterator[Database]:
    opened = await open_storage(url)
    try:
        await opened.migrate()
        yield opened
    finally:
        await opened.close()
