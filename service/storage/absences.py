from service.domain.absence import ABSENCE
from service.storage.connection import Connection
from service.storage.revocations import SqlRevocations


class SqlAbsences:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._records = SqlRevocations(connection)

    async def signed_in(self, user_id: str, now: int) -> None:
        await self._connection.one("note_sign_in", id=user_id, now=now)

    async def since(self, user_id: str) -> int:
        row = await self._connection.only("last_here", id=user_id)
        return int(row["last_here"])

    async def absent(self, *, before: int, limit: int) -> list[str]:
        rows = await self._connection.all("absent_owners", before=before, limit=limit)
        return [row["id"] for row in rows]

    async def pause(self, user_id: str, now: int) -> list[str]:
        rows = await self._connection.all("working_tokens_of", owner_id=user_id)
        await self._records.hold([row["id"] for row in rows])
        paused = await self._connection.all("pause_working_tokens_of", owner_id=user_id, now=now, by=ABSENCE)
        return sorted(row["id"] for row in paused)

    async def resume(self, user_id: str) -> list[str]:
        rows = await self._connection.all("tokens_paused_by", owner_id=user_id, by=ABSENCE)
        if not rows:
            return []
        await self._records.hold([row["id"] for row in rows])
        resumed = await self._connection.all("resume_tokens_paused_by", owner_id=user_id, by=ABSENCE)
        return sorted(row["id"] for row in resumed)
