from service.storage.connection import Connection


class SqlCatalogues:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def latest(self) -> tuple[int, str] | None:
        row = await self._connection.one("latest_catalogue")
        return (row["version"], row["document"]) if row else None

    async def add(self, document: str, *, by: str, now: int, expected_version: int) -> bool:
        head = await self._connection.one("advance_head_from", name="catalogue", expected=expected_version)
        if head is None:
            return False
        await self._connection.one(
            "add_catalogue", version=head["value"], document=document, applied_at=now, applied_by=by
        )
        return True
