from collections.abc import Sequence
from dataclasses import asdict

from service.domain.short_token import ShortToken, ShortTruth
from service.storage import words
from service.storage.connection import Connection
from service.storage.truth import rows_of_primary


class SqlShortTokens:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, token: ShortToken) -> None:
        lists = {"scopes": words.join(token.scopes), "audiences": words.join(token.audiences)}
        await self._connection.many("add_short_token", [asdict(token) | lists])

    async def count(self, client_id: str, *, since: int) -> int:
        row = await self._connection.only("count_short_tokens", client_id=client_id, since=since)
        return int(row["tokens"])

    async def revoke(self, jti: str, now: int) -> bool:
        return await self._connection.one("revoke_short_token", jti=jti, now=now) is not None

    async def revoke_all_of(self, owner_id: str, now: int) -> None:
        await self._connection.all("revoke_short_tokens_of", owner_id=owner_id, now=now)

    async def forget(self, *, now: int, limit: int) -> int:
        return len(await self._connection.all("forget_short_tokens", now=now, limit=limit))


async def short_truth(connection: Connection, jtis: Sequence[str]) -> dict[str, ShortTruth]:
    """One statement for all, by jti."""
    rows = await rows_of_primary(connection, "short_truth", jtis)
    return {
        row["jti"]: ShortTruth(*(row[column] for column in ShortTruth._fields))
        for row in rows
        if row["jti"] is not None
    }
