"""Connections to PostgreSQL, each leased to one task at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

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
"""Seconds to wait for a connection, and for a new one to open."""
IDLE = 300
"""Seconds after which an unused connection is not trusted any more: something in between may have dropped it."""


class Pool:
    """At most `size` connections, opened when they are needed.

    Reaches for nobody before the first lease: a database that is down concerns the first statement. A lease
    starts no task, unlike one of asyncpg's own pool, whose three cost as much as a short statement.
    """

    def __init__(
        self,
        url: str,
        statements: Mapping[str, Any],
        *,
        size: int,
        prepared_statements: bool,
        clock_offset: Callable[[], int] | None,
    ) -> None:
        self._url = url
        self._statements = statements
        self._size = size
        self._cached_statements = 256 if prepared_statements else 0
        self._clock_offset = clock_offset
        self._slots = asyncio.Semaphore(size)
        self._idle: list[tuple[Any, float]] = []
        self._open: set[Any] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Connection]:
        await self._take_slot()
        try:
            raw = self._recent() or await reach(self._connect())
        except BaseException:
            self._slots.release()
            raise
        connection = PostgresConnection(raw, self._statements, translate)
        try:
            if self._clock_offset is not None:
                await connection.one("turn_clock", offset=str(self._clock_offset()))
            yield connection
        except BaseException as fault:
            if isinstance(fault, Exception) and not isinstance(fault, StorageUnavailable | OutcomeUnknown):
                await uninterrupted(self._clean(connection))
            else:
                self._discard(raw)
            raise
        self._give_back(raw)

    async def close(self) -> None:
        """Waits for leases for a while, then cuts them off."""
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(STATEMENT):
                for _ in range(self._size):
                    await self._slots.acquire()
        for raw in tuple(self._open):
            self._discard(raw)
        await asyncio.gather(*self._closing)

    async def _take_slot(self) -> None:
        if self._closed:
            raise StorageUnavailable("the storage is closed")
        if self._slots.locked():
            await reach(self._wait_for_slot())
        else:
            await self._slots.acquire()

    async def _wait_for_slot(self) -> None:
        async with asyncio.timeout(WAIT):
            await self._slots.acquire()

    def _recent(self) -> Any:
        """A connection that was used lately and is whole as far as we know; None when there is none."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            raw, since = self._idle.pop()
            if now - since < IDLE and not raw.is_closed():
                return raw
            self._open.discard(raw)
            raw.terminate()
        return None

    async def _connect(self) -> Any:
        raw = await asyncpg.connect(
            self._url,
            timeout=WAIT,
            command_timeout=STATEMENT,
            statement_cache_size=self._cached_statements,
            target_session_attrs=SessionAttribute.read_write,
            server_settings={"application_name": "safeconduct"},
        )
        self._open.add(raw)
        return raw

    def _give_back(self, raw: Any) -> None:
        self._idle.append((raw, asyncio.get_running_loop().time()))
        self._slots.release()

    async def _clean(self, connection: Connection) -> None:
        """Give it back as new, after a fault that was not the connection's."""
        try:
            if connection.raw.is_in_transaction():
                await connection.run("rollback")
            self._give_back(connection.raw)
        except (StorageUnavailable, asyncpg.InterfaceError):
            self._discard(connection.raw)

    def _discard(self, raw: Any) -> None:
        """Close what may be in the middle of something (R65), without making its user wait for that."""
        task = asyncio.create_task(self._close(raw))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close(self, raw: Any) -> None:
        await close(raw)
        self._open.discard(raw)
        self._slots.release()


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
