from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from service.application.publication_ports import Announcer
from service.clock import Clock
from service.domain.principal import SignedIn
from service.domain.reference import ReferenceTruth
from service.domain.short_token import ShortTruth
from service.domain.token import TokenTruth
from service.storage import migrate, references, sessions, short_tokens, truth
from service.storage.engine import Engine
from service.storage.transaction import SqlTransaction
from service.storage.uninterrupted import uninterrupted


class Database:
    """The storage of `service.application.ports`, over either engine."""

    def __init__(self, engine: Engine, clock: Clock, announcer: Announcer | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._announcer = announcer

    async def migrate(self) -> list[str]:
        """Bring the schema to this version and tell what was applied; raises SchemaUnknown."""
        return await migrate.migrate(self._engine, self._clock)

    async def schema_is_current(self) -> bool:
        """Whether the schema is exactly this version's."""
        async with self._engine.reader() as connection:
            return await migrate.is_current(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        async with self._engine.writer() as connection:
            await connection.run("begin")
            transaction = SqlTransaction(connection)
            yield transaction
            await uninterrupted(connection.commit())
        if transaction.status_lists.announced is not None:
            self._heard()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlTransaction]:
        async with self._engine.reader() as connection:
            yield SqlTransaction(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SqlTransaction]:
        async with self._engine.reader() as connection:
            await connection.run("begin_snapshot")
            yield SqlTransaction(connection)
            await uninterrupted(connection.run("rollback"))

    async def truth_by_hash(self, token_hashes: Sequence[str]) -> Mapping[str, TokenTruth]:
        async with self._engine.truth() as connection:
            return await truth.truth_by_hash(connection, token_hashes)

    async def truth_by_jti(self, jtis: Sequence[str]) -> Mapping[str, TokenTruth]:
        async with self._engine.truth() as connection:
            return await truth.truth_by_jti(connection, jtis)

    async def short_truth(self, jtis: Sequence[str]) -> Mapping[str, ShortTruth]:
        async with self._engine.truth() as connection:
            return await short_tokens.short_truth(connection, jtis)

    async def reference_truth(self, reference_hashes: Sequence[str]) -> Mapping[str, ReferenceTruth]:
        async with self._engine.truth() as connection:
            return await references.reference_truth(connection, reference_hashes)

    async def signed_in(self, secret_hashes: Sequence[str]) -> Mapping[str, SignedIn]:
        async with self._engine.truth() as connection:
            return await sessions.signed_in(connection, secret_hashes)

    async def listen(self) -> None:
        await self._engine.listen(self._heard)

    def _heard(self) -> None:
        if self._announcer is not None:
            self._announcer.announce()

    async def close(self) -> None:
        await self._engine.close()
