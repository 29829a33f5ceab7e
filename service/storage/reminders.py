from collections.abc import Collection

from service.storage.connection import Connection


class SqlReminders:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ending(self, *, now: int, limit: int) -> list[tuple[str, str, int, int]]:
        rows = await self._connection.all("tokens_ending", now=now, limit=limit)
        return [(row["id"], row["owner_id"], row["expires_at"], row["days"]) for row in rows]

    async def remind(self, token_id: str, *, expires_at: int, days: int) -> bool:
        row = await self._connection.one("remind", token_id=token_id, expires_at=expires_at, days=days)
        return row is not None

    async def new_networks(self, limit: int) -> list[tuple[str, str, str, int]]:
        rows = await self._connection.all("untold_networks", limit=limit)
        return [(row["token_id"], row["owner_id"], row["network"], row["first_at"]) for row in rows]

    async def tell_network(self, token_id: str, network: str) -> bool:
        return await self._connection.one("tell_network", token_id=token_id, network=network) is not None

    async def keep_networks(self, token_ids: Collection[str], most: int) -> None:
        rows = [{"token_id": token_id, "most": most} for token_id in sorted(set(token_ids))]
        await self._connection.many("drop_old_networks", rows)
