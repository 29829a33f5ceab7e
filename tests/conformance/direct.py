from typing import Any

from service.storage import Database


async def direct_rows(storage: Database, statement: str) -> list[tuple[Any, ...]]:
    """What is stored, read past the repositories."""
    async with storage._engine.reader() as connection:
        fetch = getattr(connection.raw, "fetch", None) or connection.raw.execute_fetchall
        return [tuple(row) for row in await fetch(statement)]
