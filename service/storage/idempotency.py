from collections.abc import Mapping, Sequence

from service.domain.idempotency import IdempotencyKey
from service.storage.connection import Connection
from service.storage.padded import in_widths


class SqlIdempotency:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def claim(self, key_hashes: Sequence[str]) -> set[str]:
        return {
            row["name"]
            for names in in_widths(key_hashes)
            for row in await self._connection.all("claim", **names)
        }

    async def find(self, key_hashes: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        return {
            row["key_hash"]: (row["body_hash"], row["token_id"])
            for keys in in_widths(key_hashes)
            for row in await self._connection.all("earlier_requests", **keys)
        }

    async def add(self, made: Sequence[tuple[IdempotencyKey, str]], *, expires_at: int) -> None:
        rows = [
            {
                "key_hash": key.key_hash,
                "body_hash": key.body_hash,
                "token_id": token_id,
                "expires_at": expires_at,
            }
            for key, token_id in made
        ]
        await self._connection.many("note_request", rows)

    async def forget(self, *, now: int, limit: int) -> int:
        return len(await self._connection.all("forget_requests", now=now, limit=limit))
