"""Connections to PostgreSQL, each leased to one task at a time."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeVar

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from service.domain.errors import OutcomeUnknown, StorageUnavailable
from service.storage.connection import Connection
from service.storage.postgres_connection import PostgresConnection, translate
from service.storage.uninterrupted import uninterrupted

T = TypeVar("T")

STATEMENT = 2
"""Seconds for one statement, counted here: a server that has stopped answering is survived as well."""
WAIT = 1
"""Seconds to wait for a connection, the opening of a new one included."""


class Pool:
    """Reaches for nobody before the first lease: a database that is down concerns the first statement."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", statements: Mapping[str, Any]) -> None:
        self._pool = pool
        self._statements = statements
        self._closing: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(
        cls,
        url: str,
        statements: Mapping[str, Any],
        *,
        size: int,
        prepared_statements: bool,
        clock_offset: Callable[[], int] | None,
    ) -> Self:
        async def turn_clock(raw: Any) -> None:
            await statements["turn_clock"](raw, offset=str(clock_offset() if clock_offset else 0))

        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            max_queries=sys.maxsize,
            command_timeout=STATEMENT,
            statement_cache_size=256 if prepared_statements else 0,
            target_session_attrs=SessionAttribute.read_write,
            server_settings={"application_name": "safeconduct"},
            setup=turn_clock if clock_offset else None,
            reset=_leave_as_it_is,
        )
        return cls(pool, statements)

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Connection]:
        raw = await reach(self._pool.acquire(timeout=WAIT))
        connection = PostgresConnection(raw, self._statements, translate)
        try:
            yield connection
        except BaseException as fault:
            if isinstance(fault, Exception) and not isinstance(fault, StorageUnavailable | OutcomeUnknown):
                await uninterrupted(self._take_back(connection))
            else:
                self._discard(raw)
            raise
        await self._pool.release(raw)

    async def close(self) -> None:
        """Waits for leases for a while, then cuts them off."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STATEMENT):
                await self._pool.close()
                await asyncio.gather(*self._closing)

    async def _take_back(self, connection: Connection) -> None:
        """As new, after a fault that was not the connection's."""
        try:
            if connection.raw.is_in_transaction():
                await connection.run("rollback")
            await self._pool.release(connection.raw)
        except (StorageUnavailable, asyncpg.InterfaceError):
            self._discard(connection.raw)

    def _discard(self, raw: Any) -> None:
        """Close what may be in the middle of something (R65), without making its user wait for that."""
        task = asyncio.create_task(self._close(raw))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close(self, raw: Any) -> None:
        await close(raw)
        await self._pool.release(raw)


async def reach(opening: Awaitable[T]) -> T:
    """Raises StorageUnavailable when there is nobody, or nobody who takes writes."""
    try:
        return await opening
    except Exception as fault:
        if (meaning := translate(fault)) is None:
            raise
        raise meaning from fault


async def close(raw: Any) -> None:
    """Close in order, so that the server cancels what is under way and frees its locks; else by force."""
    with suppress(Exception):
        await raw.close(timeout=WAIT)


async def _leave_as_it_is(_raw: Any) -> None:
    """Nothing was set in the session, so there is nothing to reset."""
