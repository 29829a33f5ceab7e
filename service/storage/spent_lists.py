from collections.abc import Sequence

from service.domain.permutation import CAPACITY
from service.storage.connection import Connection


class SqlSpentLists:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def full(self) -> Sequence[str]:
        return [row["id"] for row in await self._connection.all("full_status_lists", capacity=CAPACITY)]

    async def retire(self, list_id: str, *, now: int, spent_by: int) -> bool:
        row = await self._connection.one("retire_status_list", id=list_id, now=now, spent_by=spent_by)
        if row is None:
            return False
        await self._connection.many("forget_signed_status_list", [{"list_id": list_id}])
        return True

    async def forget_values(self, list_id: str, *, before: int, limit: int) -> int:
        gone = await self._connection.all("forget_values", list_id=list_id, before=before, limit=limit)
        return len(gone)

    async def forget_changes(self, *, before: int, limit: int) -> int:
        gone = await self._connection.all("forget_status_changes", before=before, limit=limit)
        await self._connection.all("forget_status_list_versions", before=before)
        return len(gone)
