from service.storage.connection import Connection


class SqlKnownOrigins:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def among(self, user_id: str, *, network: str, device: str) -> frozenset[str]:
        rows = await self._connection.all("known_origins", user_id=user_id, network=network, device=device)
        return frozenset(row["origin"] for row in rows)

    async def know(self, user_id: str, origin: str, forget_at: int, *, most: int) -> None:
        await self._connection.one("know_origin", user_id=user_id, origin=origin, forget_at=forget_at)
        await self._connection.all("crowd_out_origins", user_id=user_id, most=most)

    async def forget_all(self, user_id: str) -> None:
        await self._connection.all("forget_origins", user_id=user_id)

    async def sweep(self, now: int) -> None:
        await self._connection.all("sweep_known_origins", now=now)
