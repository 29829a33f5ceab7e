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

STATEMENT = 1.75
"""Seconds for one statement, counted here: a server that has stopped answering is survived as well."""
WAIT = 1
"""Seconds to wait for a connection, the opening of a new one included: with a statement less than 3 (R57)."""
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
        self._silent_at = 0.0
        self._closed = False

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Connection]:
        deadline = asyncio.get_running_loop().time() + WAIT
        await self._take_slot(deadline)
        try:
            raw = self._recent() or await reach(self._connect(deadline))
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
                if _is_silence(fault):
                    self._silent_at = asyncio.get_running_loop().time()
                self._discard(raw)
            raise
        self._give_back(raw)

    def has(self, server_process: int) -> bool:
        """Whether this process of the server serves one of its connections."""
        return any(raw.get_server_pid() == server_process for raw in self._open)

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

    async def _take_slot(self, deadline: float) -> None:
        if self._closed:
            raise StorageUnavailable("the storage is closed")
        if self._slots.locked():
            await reach(self._wait_for_slot(deadline))
        else:
            await self._slots.acquire()

    async def _wait_for_slot(self, deadline: float) -> None:
        async with asyncio.timeout_at(deadline):
            await self._slots.acquire()

    def _recent(self) -> Any:
        """A connection that was used lately, after the last one that fell silent, and is whole as far as we know;
        None when there is none.
        """
        trusted_since = max(asyncio.get_running_loop().time() - IDLE, self._silent_at)
        while self._idle:
            raw, since = self._idle.pop()
            if since > trusted_since and not raw.is_closed():
                return raw
            self._open.discard(raw)
            raw.terminate()
        return None

    async def _connect(self, deadline: float) -> Any:
        raw = await asyncpg.connect(
            self._url,
            timeout=max(deadline - asyncio.get_running_loop().time(), 0.01),
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


def _is_silence(fault: BaseException | None) -> bool:
    """Whether it comes of an answer that did not come: other connections may have died the same way unnoticed."""
    while fault is not None and not isinstance(fault, TimeoutError):
        fault = fault.__cause__
    return fault is not None


async def close(raw: Any) -> None:
    """Close in order, so that the server cancels what is under way and frees its locks; else by force."""
    with suppress(Exception):
        await raw.close(timeout=WAIT)
