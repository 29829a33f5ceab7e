"""A look at a database from outside, beside the service that may be using it. Nothing is made and nothing changed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from keys import KeyRing
from service.clock import Clock
from service.domain.errors import StorageUnavailable
from service.storage.adapters import SQLiteAdapter
from service.storage.connection import Connection
from service.storage.engine import load_statements
from service.storage.keys import SqlKeys
from service.storage.lane import Lane
from service.storage.migrate import is_current
from service.storage.postgres import Postgres

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """`now` is the database's clock; `ring` is None where the schema is not this version's."""

    durability: Mapping[str, str]
    schema_is_current: bool
    writable: bool
    now: int
    ring: KeyRing | None


async def examine(url: str, clock: Clock) -> Examined:
    """What is there at a database URL.

    Raises:
        StorageUnavailable: it cannot be reached, or no database was made there yet.
    """
    async with _connection(url, clock) as connection:
        durability = {row["name"]: row["value"] for row in await connection.all("durability")}
        if not await is_current(connection):
            return Examined(
                durability=durability, schema_is_current=False, writable=True, now=clock(), ring=None
            )
        return Examined(
            durability=durability,
            schema_is_current=True,
            writable=bool((await connection.only("writable"))["writable"]),
            now=(await connection.only("now"))["now"],
            ring=await SqlKeys(connection).load(),
        )


@asynccontextmanager
async def _connection(url: str, clock: Clock) -> AsyncIterator[Connection]:
    if url.startswith(_SQLITE):
        lane = await Lane.open(_file(url), load_statements("sqlite", SQLiteAdapter), clock)
        try:
            async with lane.lease() as connection:
                yield connection
        finally:
            await lane.close()
        return
    engine = Postgres(url, connections=1, truth_connections=1, prepared_statements=False, clock_offset=None)
    try:
        async with engine.reader() as connection:
            yield connection
    finally:
        await engine.close()


def _file(url: str) -> Path:
    """To open one that is not there would make it."""
    path = Path(url.removeprefix(_SQLITE))
    if not path.exists():
        raise StorageUnavailable(f"{path} is not there")
    return path
