"""Benches of many records at once: `[TOKENS] [OWNERS]` on a PostgreSQL of their own."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing

from keys import new_master_key_text
from service.settings import Settings
from tests.servers.leash import Leash
from tests.servers.postgresql import running_postgres
from tests.tools.pieces import require


def on_postgres(measure: Callable[[Settings, int, int], Awaitable[None]]) -> None:
    """Measure with as many tokens and owners as the command line says: 10,000 of 100 unless it does."""
    tokens, owners = [*map(int, sys.argv[1:3]), *(10_000, 100)[len(sys.argv) - 1 :]]
    with closing(Leash()) as leash, running_postgres(require("postgresql"), leash) as postgres:
        settings = Settings(
            issuer="http://localhost:8080",
            database_url=postgres.url(postgres.create_database()),
            master_key=new_master_key_text(),
        )
        asyncio.run(measure(settings, tokens, owners))
