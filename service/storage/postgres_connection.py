from typing import Any

import asyncpg

from service.domain.errors import OutcomeUnknown, StorageUnavailable
from service.storage.connection import Connection

# SQLSTATE classes: no connection, refused sign-in, no such database, no resources, operator, system
_UNAVAILABLE_CLASSES = frozenset({"08", "28", "3D", "53", "57", "58"})
# read-only, idle in transaction, serialization, deadlock, lock timeout
_UNAVAILABLE = frozenset({"25006", "25P03", "40001", "40P01", "55P03"})


def translate(fault: Exception) -> StorageUnavailable | None:
    """What is not PostgreSQL's or the network's doing is a fault of ours."""
    match fault:
        case asyncpg.InvalidCachedStatementError():  # prepared before a migration; prepared anew from here on
            known = True
        case asyncpg.PostgresError(sqlstate=str(state)):
            known = state[:2] in _UNAVAILABLE_CLASSES or state in _UNAVAILABLE
        case asyncpg.InterfaceError():
            known = not isinstance(fault, ValueError)  # those are bad arguments, the others a lost connection
        case _:
            known = isinstance(fault, OSError | asyncpg.InternalClientError)  # OSError includes TimeoutError
    return StorageUnavailable(f"{type(fault).__name__}: {fault}") if known else None


class PostgresConnection(Connection):
    async def commit(self) -> None:
        """Raises OutcomeUnknown also when it gave up waiting for a synchronous standby (threats 8)."""
        warnings: list[Any] = []

        def listen(_connection: object, message: object) -> None:
            warnings.append(message)

        self.raw.add_log_listener(listen)
        try:
            status = await self.run("commit")
        except StorageUnavailable as fault:
            raise OutcomeUnknown("the commit was sent and its answer was lost") from fault
        finally:
            self.raw.remove_log_listener(listen)
        if warnings:
            raise OutcomeUnknown(f"the commit came with a warning: {warnings[0]}")
        if status != "COMMIT":
            raise StorageUnavailable("the transaction had failed and was rolled back")
