"""PostgreSQL: the truth of any number of replicas. No session holds state: a pooler may stand between."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from service.storage.adapters import PostgresAdapter
from service.storage.connection import Connection
from service.storage.engine import load_statements, script_of
from service.storage.listening import listen
from service.storage.pool import STATEMENT, WAIT, Pool, close, reach
from service.storage.postgres_connection import PostgresConnection, translate
from service.storage.uninterrupted import uninterrupted


class Postgres:
    """A pool for transactions, and a small one for the truth that no transaction can starve."""

    script = script_of("postgresql")

    def __init__(
        self,
        url: str,
        *,
        connections: int,
        truth_connections: int,
        prepared_statements: bool,
        clock_offset: Callable[[], int] | None,
    ) -> None:
        self._url = url
        self._statements = load_statements("postgresql", PostgresAdapter)
        pool = partial(
            Pool,
            url,
            self._statements,
            prepared_statements=prepared_statements,
            clock_offset=clock_offset,
        )
        self._transactions = pool(size=connections)
        self._truths = pool(size=truth_connections)

    def writer(self) -> AbstractAsyncContextManager[Connection]:
        return self._transactions.lease()

    def reader(self) -> AbstractAsyncContextManager[Connection]:
        return self._transactions.lease()

    def truth(self) -> AbstractAsyncContextManager[Connection]:
        return self._truths.lease()

    @asynccontextmanager
    async def migrator(self) -> AsyncIterator[Connection]:
        raw = await reach(asyncpg.connect(self._url, timeout=WAIT))
        try:
            yield PostgresConnection(raw, self._statements, translate)
        finally:
            await uninterrupted(close(raw))

    async def listen(self, heard: Callable[[], None]) -> None:
        read_write = SessionAttribute.read_write
        raw = await reach(
            asyncpg.connect(
                self._url, timeout=WAIT, command_timeout=STATEMENT, target_session_attrs=read_write
            )
        )
        try:
            await listen(PostgresConnection(raw, self._statements, translate), heard, self._transactions.has)
        finally:
            await uninterrupted(close(raw))

    async def close(self) -> None:
        await self._transactions.close()
        await self._truths.close()
