from service.storage.connection import Connection


class SqlSecrets:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, name: str) -> tuple[str, str] | None:
        row = await self._connection.one("sealed_secret", name=name)
        return (row["sealed"], row["master_id"]) if row else None

    async def add(self, name: str, sealed: str, master_id: str, now: int) -> bool:
        row = await self._connection.one(
            "add_sealed_secret", name=name, sealed=sealed, master_id=master_id, created_at=now
        )
        return row is not None
