"""Where everything is kept: the ports of the application, over SQLite or PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

from service.application.publication_ports import Announcer
from service.clock import Clock, system_clock
from service.domain.errors import StorageUnavailable
from service.storage.database import Database
from service.storage.migrate import SchemaUnknown
from service.storage.possession import DatabaseInUse
from service.storage.postgres import Postgres
from service.storage.sqlite import SQLite

__all__ = ["Database", "DatabaseInUse", "SchemaUnknown", "StorageUnavailable", "open_storage"]

_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql://", "postgres://")


async def open_storage(
    url: str,
    clock: Clock = system_clock,
    *,
    connections: int = 8,
    truth_connections: int = 2,
    prepared_statements: bool = True,
    clock_offset: Callable[[], int] | None = None,
    announcer: Announcer | None = None,
) -> Database:
    """The database at `url`: `sqlite:///data/x.db` (relative), `sqlite:////srv/x.db` (absolute), `postgresql://…`.

    On SQLite `clock` is the database's clock. PostgreSQL has its own; `clock_offset` shifts it in tests, by
    seconds. `connections` and what follows concern PostgreSQL alone; `prepared_statements` is to be False
    behind a pooler in transaction mode that does not keep them (PgBouncer before 1.21). `announcer` hears of
    each commit that changes a status list.

    Raises:
        ValueError: no such kind of URL.
        DatabaseInUse: another process has the SQLite file open.
        StorageUnavailable: the SQLite file cannot be opened. A PostgreSQL that is down shows when used.
    """
    if url.startswith(_SQLITE):
        return Database(await SQLite.open(Path(url.removeprefix(_SQLITE)), clock), clock, announcer)
    if url.startswith(_POSTGRESQL):
        postgres = Postgres(
            url,
            connections=connections,
            truth_connections=truth_connections,
            prepared_statements=prepared_statements,
            clock_offset=clock_offset,
        )
        return Database(postgres, clock, announcer)
    raise ValueError("a database URL begins with sqlite:/// or postgresql://")
