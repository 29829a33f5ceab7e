"""PostgreSQL: the truth of any number of replicas. No session holds state: a pooler may stand between."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Self, TypeVar

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from service.domain.errors import Unknown
from service.storage.adapters import PostgresAdapter
from service.storage.connection import Connection
from service.storage.engine import load_statements, script_of
from service.storage.postgres_connection import PostgresConnection, translate
from service.storage.uninterrupted import uninterrupted

T = TypeVar("T")

STATEMENT = 2
"""Seconds for one statement, counted here: a server that has stopped answering is survived as well."""
WAIT = 1
"""Seconds to wait for a connection, the opening of a new one included."""


class Postgres:
    """A pool for transactions, and a small one for the truth that no transaction can starve."""

    script = script_of("postgresql")

    def __init__(
        self, url: str, *, prepared_statements: bool, clock_offset: Callable[[], int] | None
    ) -> None:
        self._url = url
        self._cache = 256 if prepared_statements else 0
        self._clock_offset = clock_offset
        self._statements = load_statements("postgresql", PostgresAdapter)

    async def open(self, *, connections: int, truth_connections: int) -> Self:
        """Reaches for nobody yet: a database that is down concerns the first statement."""
        self._transactions = await self._pool(connections)
        self._truths = await self._pool(truth_connections)
        return self

    async def close(self) -> None:
        for pool in (self._transactions, self._truths):
            with suppress(TimeoutError):
                async with asyncio.timeout(STATEMENT):
                    await pool.close()

    def writer(self) -> AbstractAsyncContextManager[Connection]:
        return self._lease(self._transactions)

    reader = writer

    def truth(self) -> AbstractAsyncContextManager[Connection]:
        return self._lease(self._truths)

    @asynccontextmanager
    async def migrator(self) -> AsyncIterator[Connection]:
        raw = await _reach(asyncpg.connect(self._url, timeout=WAIT))
        try:
            yield PostgresConnection(raw, self._statements, translate)
        finally:
            await uninterrupted(_discard(raw))

    @asynccontextmanager
    async def _lease(self, pool: asyncpg.Pool) -> AsyncIterator[Connection]:
        raw = await _reach(pool.acquire(timeout=WAIT))
        connection = PostgresConnection(raw, self._statements, translate)
        try:
            yield connection
        except BaseException as fault:
            await uninterrupted(_recover(connection, pool, fault))
            raise
        await pool.release(connection.raw)

    async def _pool(self, size: int) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=size,
            max_queries=sys.maxsize,
            command_timeout=STATEMENT,
            statement_cache_size=self._cache,
            target_session_attrs=SessionAttribute.read_write,
            server_settings={"application_name": "safeconduct"},
            setup=self._turn_clock if self._clock_offset else None,
            reset=_leave_as_it_is,
        )

    async def _turn_clock(self, raw: Any) -> None:
        assert self._clock_offset is not None  # noqa: S101 - no setup without it
        await self._statements["turn_clock"](raw, offset=str(self._clock_offset()))


async def _reach(opening: Awaitable[T]) -> T:
    try:
        return await opening
    except Exception as fault:
        if (meaning := translate(fault)) is None:
            raise
        raise meaning from fault


async def _recover(connection: Connection, pool: asyncpg.Pool, fault: BaseException) -> None:
    """Give a connection back as new. One that may be in the middle of something is closed instead (R65)."""
    raw = connection.raw
    if isinstance(fault, Exception) and not isinstance(fault, Unknown):
        with suppress(Exception):
            if raw.is_in_transaction():
                await connection.run("rollback")
            await pool.release(raw)
            return
    await _discard(raw)
    await pool.release(raw)


async def _discard(raw: Any) -> None:
    with suppress(Exception):  # closing in order lets a statement under way be cancelled at the server first
        await raw.close(timeout=WAIT)


async def _leave_as_it_is(_raw: Any) -> None:
    """Nothing was set in the session, so there is nothing to reset."""
