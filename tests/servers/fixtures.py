"""The real servers as fixtures: one of each for the whole run, and own ones for tests that break them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.leash import Leash
from tests.servers.postgresql import PostgresServer, running_postgres
from tests.servers.process import free_port as pick_port
from tests.servers.redis import RedisServer, running_redis
from tests.tools.pieces import require


@pytest.fixture(scope="session")
def leash() -> Iterator[Leash]:
    held = Leash()
    yield held
    held.close()


@pytest.fixture
def free_port() -> int:
    return pick_port()


@pytest.fixture(scope="session")
def node() -> Path:
    return require("node").path


@pytest.fixture(scope="session")
def postgres_server(leash: Leash) -> Iterator[PostgresServer]:
    with running_postgres(require("postgresql"), leash) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database of this test's own."""
    postgres_server.start()  # a test that failed half-way may have left it down
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.start()
    postgres_server.drop_database(name)


@pytest.fixture
def own_postgres(leash: Leash) -> Iterator[PostgresServer]:
    """A PostgreSQL for this test alone, to be killed, frozen or filled."""
    with running_postgres(require("postgresql"), leash) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(leash: Leash) -> Iterator[RedisServer]:
    with running_redis(require("redis"), leash) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of a Redis without keys, with the settings it started with."""
    redis_server.start()
    redis_server.refresh()
    return redis_server.url


@pytest.fixture
def own_redis(leash: Leash) -> Iterator[RedisServer]:
    """A Redis for this test alone, to be killed, frozen or filled."""
    with running_redis(require("redis"), leash) as server:
        yield server
