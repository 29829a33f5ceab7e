from service.storage.connection import Connection


class SqlOverlaps:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def await_use(self, jti: str, token_id: str, *, until: int) -> None:
        await self._connection.many("await_use", [{"jti": jti, "token_id": token_id, "until": until}])

    async def awaited(self) -> list[str]:
        return [row["jti"] for row in await self._connection.all("awaited_uses")]

    async def used(self, jti: str) -> bool:
        return await self._connection.one("end_awaiting", jti=jti) is not None

    async def forget(self, *, now: int) -> None:
        await self._connection.all("forget_awaited", now=now)
