from service.application.history_ports import PlaceOfValue
from service.storage.connection import Connection


class SqlRecovery:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def need(self) -> bool:
        return await self._connection.one("need_recovery") is not None

    async def done(self) -> None:
        await self._connection.only("recovery_done")

    async def lift(self, name: str, value: int) -> None:
        await self._connection.one("lift_head", name=name, value=value)

    async def last_position(self) -> int:
        return int((await self._connection.only("last_position"))["position"])

    async def add_list(self, list_id: str, position: int, now: int) -> None:
        await self._connection.only("add_status_list", id=list_id, position=position, created_at=now)

    async def unrevoked(self, list_id: str) -> list[PlaceOfValue]:
        rows = await self._connection.all("unrevoked_values_of_list", list_id=list_id)
        return [PlaceOfValue(*(row[member] for member in PlaceOfValue._fields)) for row in rows]

    async def end_sessions(self, now: int) -> int:
        return len(await self._connection.all("end_every_session", now=now))
