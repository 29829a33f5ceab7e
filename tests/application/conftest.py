"""The use cases on real databases, each test on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from keys import new_master_key_text
from service.master_key import read_master_key
from service.settings import Settings
from tests.application.audit_chain import assert_chain_holds
from tests.application.clocks import ShiftedClock
from tests.application.deployment import REPORTS, TABLES, Deployment
from tests.clock import TurnableClock
from tests.servers.postgresql import PostgresServer

KEPT = {"head", "schema_migration"}
SHIPPED = Path(__file__).parents[2] / "service" / "catalogue.toml"
CEILINGS = {
    "max_live_tokens_per_user = 100": "max_live_tokens_per_user = 100000",
    "max_creations_per_hour = 20 ": "max_creations_per_hour = 100000 ",
}


def roomy_catalogue() -> str:
    """The shipped catalogue with ceilings that no test meets by accident, and a second API."""
    text = SHIPPED.read_text()
    for shipped, wide in CEILINGS.items():
        assert shipped in text
        text = text.replace(shipped, wide)
    return f'{text}\n[[audiences]]\nid = "{REPORTS}"\nname = "Reports"\n'


@pytest.fixture(scope="session")
def kept_database(postgres_server: PostgresServer) -> str:
    """The URL of one database for all these tests: to empty it is ten times as fast as to make one."""
    return postgres_server.url(postgres_server.create_database())


async def _empty(url: str) -> None:
    """Take every row and every straggler out; heads begin anew."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        tables = {row["tablename"] for row in await connection.fetch(TABLES[True])} - KEPT
        if tables:
            await connection.execute(f"TRUNCATE {', '.join(tables)}")
            await connection.execute("UPDATE head SET value = CASE name WHEN 'epoch' THEN 1 ELSE 0 END")
    finally:
        await connection.close()


@pytest.fixture
def emptied_url(kept_database: str) -> str:
    asyncio.run(_empty(kept_database))
    return kept_database


def a_deployment(folder: Path, database_url: str) -> Deployment:
    """One of which no process has started yet; SQLite in its folder where no URL is given."""
    catalogue = folder / "catalogue.toml"
    catalogue.write_text(roomy_catalogue())
    settings = Settings(
        issuer="https://tokens.example",
        data_dir=folder,
        catalogue_file=str(catalogue),
        database_url=database_url,
        master_key=new_master_key_text(),
        log_level="error",
    )
    assert not settings.faults()
    clock = ShiftedClock() if database_url else TurnableClock()
    return Deployment(settings, clock, read_master_key(settings))


@pytest.fixture(params=["sqlite", "postgresql"])
def on(request: pytest.FixtureRequest, tmp_path: Path) -> Deployment:
    """A deployment on each engine in turn."""
    postgresql = request.param == "postgresql"
    return a_deployment(tmp_path, request.getfixturevalue("emptied_url") if postgresql else "")


@pytest.fixture
def on_fresh_postgresql(tmp_path: Path, postgres_url: str) -> Deployment:
    """A deployment whose database has not even a table."""
    return a_deployment(tmp_path, postgres_url)


@pytest.fixture
async def opened(on: Deployment) -> AsyncIterator[Deployment]:
    """The deployment with one process running. Afterwards its audit trail must hold together."""
    async with on.process() as process:
        on.opened = process
        yield on
        if await on.count("audit"):
            await assert_chain_holds(on)
