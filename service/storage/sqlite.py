"""SQLite: one process, one writer, durable at every commit."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Self

from service.clock import Clock
from service.storage.adapters import SQLiteAdapter
from service.storage.connection import Connection
from service.storage.engine import load_statements, script_of
from service.storage.lane import Lane
from service.storage.possession import possess

Lease = Callable[[], AbstractAsyncContextManager[Connection]]


class SQLite:
    """Three connections to one file: one that writes, one that reads, and one for the truth alone.

    An open cursor would pin what its whole connection sees; so nothing shares the truth's (threats 1).
    """

    script = script_of("sqlite")

    def __init__(self, writer: Lane, reader: Lane, truth: Lane, closing: AsyncExitStack) -> None:
        self.writer: Lease = writer.lease
        self.migrator: Lease = partial(writer.lease, wait=None)
        self.reader: Lease = reader.lease
        self.truth: Lease = truth.lease
        self._closing = closing

    @classmethod
    async def open(cls, path: Path, clock: Clock) -> Self:
        """Raises DatabaseInUse where another process has it open."""
        statements = load_statements("sqlite", SQLiteAdapter)
        async with AsyncExitStack() as stack:
            stack.enter_context(possess(path))
            lanes = []
            for _ in range(3):
                lanes.append(lane := await Lane.open(path, statements, clock))
                stack.push_async_callback(lane.close)
            writer, reader, truth = lanes
            return cls(writer, reader, truth, stack.pop_all())

    async def listen(self, heard: Callable[[], None]) -> None:  # noqa: ARG002 - there is no other process (possess)
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self._closing.aclose()
