"""How aiosql speaks to the two drivers: each statement in one step, every cursor read to its end at once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiosqlite
import asyncpg
from aiosql.adapters.aiosqlite import AioSQLiteAdapter
from aiosql.adapters.asyncpg import AsyncPGAdapter


class SQLiteAdapter(AioSQLiteAdapter):
    """One hop to the driver's thread for each statement; no cursor stays open to pin an old snapshot."""

    async def select(
        self,
        conn: aiosqlite.Connection,
        _query_name: str,
        sql: str,
        parameters: Mapping[str, Any],
        _record_class: None = None,
    ) -> AsyncIterator[Any]:
        for row in await conn.execute_fetchall(sql, parameters):
            yield row

    async def select_one(
        self,
        conn: aiosqlite.Connection,
        _query_name: str,
        sql: str,
        parameters: Mapping[str, Any],
        _record_class: None = None,
    ) -> Any:
        rows = await conn.execute_fetchall(sql, parameters)
        return next(iter(rows), None)

    async def insert_update_delete(
        self, conn: aiosqlite.Connection, _query_name: str, sql: str, parameters: Mapping[str, Any]
    ) -> None:
        await conn.execute_fetchall(sql, parameters)


class PostgresAdapter(AsyncPGAdapter):
    """Leaves out aiosql's search for a pool on every call: a leased connection is all there ever is."""

    async def select(
        self,
        conn: asyncpg.Connection,
        query_name: str,
        sql: str,
        parameters: Mapping[str, Any],
        _record_class: None = None,
    ) -> AsyncIterator[Any]:
        for row in await conn.fetch(sql, *self._ordered(query_name, parameters)):
            yield row

    async def select_one(
        self,
        conn: asyncpg.Connection,
        query_name: str,
        sql: str,
        parameters: Mapping[str, Any],
        _record_class: None = None,
    ) -> Any:
        return await conn.fetchrow(sql, *self._ordered(query_name, parameters))

    async def insert_update_delete(
        self, conn: asyncpg.Connection, query_name: str, sql: str, parameters: Mapping[str, Any]
    ) -> str:
        return await conn.execute(sql, *self._ordered(query_name, parameters))

    async def insert_update_delete_many(
        self, conn: asyncpg.Connection, query_name: str, sql: str, parameters: Sequence[Mapping[str, Any]]
    ) -> None:
        await conn.executemany(sql, [self._ordered(query_name, row) for row in parameters])

    def _ordered(self, query_name: str, parameters: Mapping[str, Any]) -> list[Any]:
        return [parameters[name] for name in self.var_sorted[query_name]]
