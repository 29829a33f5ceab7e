"""SQLite: one process, one writer, durable at every commit."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Self

import aiosqlite

from service.clock import Clock
from service.domain.errors import StorageUnavailable
from service.storage.adapters import SQLiteAdapter
from service.storage.connection import Connection
from service.storage.engine import load_statements, script_of
from service.storage.possession import possess
from service.storage.uninterrupted import uninterrupted

WAIT = 2
"""Seconds that a task waits for its turn at a connection."""

_UNAVAILABLE = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}


def translate(fault: Exception) -> StorageUnavailable | None:
    code = getattr(fault, "sqlite_errorcode", None)  # the low byte is the primary code
    return StorageUnavailable(str(fault)) if code is not None and code & 0xFF in _UNAVAILABLE else None


class _Lane:
    """A connection that one task uses at a time, from its first statement to its last row."""

    def __init__(self, raw: aiosqlite.Connection, connection: Connection, clock: Clock) -> None:
        self._raw = raw
        self._connection = connection
        self._clock = clock
        self._turn = asyncio.Lock()
        self.leased_at = 0

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Connection]:
        try:
            async with asyncio.timeout(WAIT):
                await self._turn.acquire()
        except TimeoutError:
            raise StorageUnavailable("too many tasks wait for the database") from None
        try:
            self.leased_at = self._clock()
            yield self._connection
        except BaseException:
            await uninterrupted(
                self._raw.rollback()
            )  # queued behind whatever a cancelled task still has under way
            raise
        finally:
            self._turn.release()


class SQLite:
    """Three connections to one file: a writer, a reader, and one for the truth alone."""

    script = script_of("sqlite")

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._statements = load_statements("sqlite", SQLiteAdapter)
        self._closing = AsyncExitStack()

    async def open(self) -> Self:
        """Raises DatabaseInUse where another process has it open."""
        async with AsyncExitStack() as stack:
            stack.enter_context(possess(self._path))
            writer, reader, truth = [await self._lane(stack) for _ in range(3)]
            self.writer = self.migrator = writer.lease
            self.reader = reader.lease
            self.truth = truth.lease
            self._closing = stack.pop_all()
        return self

    async def close(self) -> None:
        await self._closing.aclose()

    async def _lane(self, stack: AsyncExitStack) -> _Lane:
        raw = await stack.enter_async_context(
            aiosqlite.connect(self._path, isolation_level=None, cached_statements=256)
        )
        raw.row_factory = sqlite3.Row
        connection = Connection(raw, self._statements, translate)
        lane = _Lane(raw, connection, self._clock)
        await raw.create_function("sc_now", 0, self._clock)
        await raw.create_function("sc_snapshot_time", 0, lambda: lane.leased_at)
        await raw.create_function("sc_writable", 0, lambda: 1)
        await connection.run("open_session")
        return lane
