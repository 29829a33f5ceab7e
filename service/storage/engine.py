"""What each of the two engines supplies: connections to lease, and its own wording of a few statements."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import aiosql

from service.storage.connection import Connection
from sql import ENGINE, QUERIES


class Engine(Protocol):
    """Leases a connection to one task at a time.

    A lease that ends by an exception leaves no transaction open and no connection in an unknown state.
    """

    @property
    def script(self) -> Path:
        """What only this engine can say, to be run after the migrations."""

    def writer(self) -> AbstractAsyncContextManager[Connection]:
        """For a transaction."""

    def reader(self) -> AbstractAsyncContextManager[Connection]:
        """For reads outside of one, or on a snapshot."""

    def truth(self) -> AbstractAsyncContextManager[Connection]:
        """For single reads of the truth: never in a transaction, never with another read under way."""

    def migrator(self) -> AbstractAsyncContextManager[Connection]:
        """For a migration: without a time limit."""

    async def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` whenever another process has changed the status lists, and once when it begins to listen.

        Raises StorageUnavailable when nothing is heard any more.
        """

    async def close(self) -> None: ...


def script_of(engine: str) -> Path:
    return ENGINE / f"{engine}.sql"


def load_statements(engine: str, adapter: Callable[[], Any]) -> Mapping[str, Any]:
    """All named statements: those for both engines and the engine's own."""
    shared = adapter()
    statements: dict[str, Any] = {}
    for place in (QUERIES, ENGINE / f"{engine}_session.sql"):
        queries = aiosql.from_path(place, lambda: shared)
        statements |= {name: getattr(queries, name) for name in queries.available_queries}
    return statements
