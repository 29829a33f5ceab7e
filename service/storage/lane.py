import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiosqlite

from service.clock import Clock
from service.domain.errors import StorageUnavailable
from service.storage.connection import Connection
from service.storage.uninterrupted import uninterrupted

WAIT = 1
"""Seconds that a task waits for its turn: with the busy_timeout of the session less than 3 (R57)."""

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
    """What is not the file's or the disk's doing is a fault of ours."""
    code = getattr(fault, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    return StorageUnavailable(str(fault)) if primary in _UNAVAILABLE else None


class Lane:
    """A connection to an SQLite file, used by one task at a time from its first statement to its last row."""

    def __init__(self, raw: aiosqlite.Connection, statements: Mapping[str, Any], clock: Clock) -> None:
        self._raw = raw
        self._connection = Connection(raw, statements, translate)
        self._clock = clock
        self._leased_at = 0
        self._turn = asyncio.Lock()
        self._closed = False

    @classmethod
    async def open(cls, path: Path, statements: Mapping[str, Any], clock: Clock) -> Self:
        raw = await aiosqlite.connect(path, isolation_level=None, cached_statements=256)
        lane = cls(raw, statements, clock)
        raw.row_factory = sqlite3.Row
        try:
            await raw.create_function("sc_now", 0, clock)
            await raw.create_function("sc_snapshot_time", 0, lambda: lane._leased_at)
            await raw.create_function("sc_writable", 0, lambda: 1)
            await lane._connection.run("open_session")
        except BaseException:
            await uninterrupted(raw.close())
            raise
        return lane

    @asynccontextmanager
    async def lease(self, wait: float | None = WAIT) -> AsyncIterator[Connection]:
        """Waits for `wait` seconds, None for as long as it takes; raises StorageUnavailable after that."""
        await self._take_turn(wait)
        try:
            if self._closed:
                raise StorageUnavailable("the database is closed")
            self._leased_at = self._clock()
            try:
                yield self._connection
            except BaseException:
                # waits behind whatever a cancelled task still has under way in the driver's thread
                await uninterrupted(self._raw.rollback())
                raise
        finally:
            self._turn.release()

    async def close(self) -> None:
        """Once whoever has the turn is done."""
        await self._take_turn(wait=None)
        self._closed = True
        await uninterrupted(self._raw.close())
        self._turn.release()

    async def _take_turn(self, wait: float | None) -> None:
        try:
            async with asyncio.timeout(wait):
                await self._turn.acquire()
        except TimeoutError:
            raise StorageUnavailable("too many tasks wait for the database") from None
