from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from service.clock import system_clock
from service.storage import Database, open_storage
from tests.conformance.world import World, new_id
from tests.servers.postgresql import PostgresServer


class Offset:
    """How far the database's clock runs ahead of the machine's, in seconds: as far as a test turns it."""

    seconds = 0

    def __call__(self) -> int:
        return self.seconds


@pytest.fixture
def offset() -> Offset:
    return Offset()


@pytest.fixture(scope="session")
def postgres_of_all(postgres_server: PostgresServer) -> Iterator[str]:
    """One database for all contracts, because making one takes longer than most of them."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
async def postgres_schema(postgres_of_all: str) -> str:
    """An empty schema of this test's own, which is all that its connections see."""
    name = f"test_{new_id()}"
    connection = await asyncpg.connect(postgres_of_all)
    await connection.execute(f"CREATE SCHEMA {name}")
    await connection.close()
    return f"{postgres_of_all}?search_path={name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty store on each engine in turn."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_schema")
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
