"""What other processes commit to the status lists, as PostgreSQL tells it by NOTIFY (sql/engine/postgresql.sql)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

from service.storage.connection import Connection
from service.storage.pool import reach

CHANNEL: Final = "safeconduct"
LOOK_EVERY: Final = 10.0
"""Seconds between two looks whether a connection that says nothing still answers; until then the poll does (R5)."""


async def listen(
    connection: Connection, heard: Callable[[], None], is_ours: Callable[[int], bool]
) -> NoReturn:
    """Call `heard` for each commit but those of server processes that `is_ours`, announced in this process already;
    and once when it listens, for what came before.

    Raises:
        StorageUnavailable: the connection is lost.
    """
    lost = asyncio.Event()

    def receive(_raw: object, server_process: int, _channel: str, _payload: object) -> None:
        if not is_ours(server_process):
            heard()

    connection.raw.add_termination_listener(lambda _raw: lost.set())
    await reach(connection.raw.add_listener(CHANNEL, receive))
    heard()
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(lost.wait(), LOOK_EVERY)
        await connection.only("now")
