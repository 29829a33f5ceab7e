from collections import defaultdict
from collections.abc import Sequence

from service.domain.machine import Machine
from service.domain.user import User
from service.storage.connection import Connection
from service.storage.padded import in_widths
from service.storage.users import user_of


class SqlMachineUsers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add_responsible(self, machine_id: str, user_ids: Sequence[str]) -> None:
        rows = [{"machine_id": machine_id, "user_id": user_id} for user_id in user_ids]
        await self._connection.many("add_responsible", rows)

    async def replace_responsible(self, machine_id: str, user_ids: Sequence[str]) -> None:
        await self._connection.all("drop_responsible", machine_id=machine_id)
        await self.add_responsible(machine_id, user_ids)

    async def page(
        self, *, machine_id: str | None, responsible_id: str | None, after: str, limit: int
    ) -> list[Machine]:
        rows = await self._connection.all(
            "page_of_machines",
            machine_id=machine_id,
            responsible_id=responsible_id,
            after_name=after,
            limit=limit,
        )
        machines = [user_of(row) for row in rows]
        responsible: dict[str, list[User]] = defaultdict(list)
        for keys in in_widths([machine.id for machine in machines]):
            for row in await self._connection.all("responsible_for", **keys):
                responsible[row["machine_id"]].append(user_of(row))
        return [Machine(user=user, responsible=tuple(responsible[user.id])) for user in machines]
