from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from service.domain.delivery import Channel, Delivery
from service.storage.connection import Connection, Row
from service.storage.padded import in_widths

_PLANNING: Final = "notices"


class SqlDeliveries:
    """Both of what is planned and of what becomes of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hold(self) -> None:
        await self._connection.one("lock_head", name=_PLANNING)

    async def plan(self, deliveries: Sequence[Delivery]) -> None:
        rows = [
            {
                "id": each.id,
                "message_id": each.message_id,
                "channel": str(each.channel),
                "target": each.target,
                "due_at": each.due_at,
                "give_up_at": each.give_up_at,
            }
            for each in deliveries
        ]
        await self._connection.many("add_delivery", rows)

    async def mail_receivers(self, user_ids: Collection[str]) -> Mapping[str, Mapping[str, bool]]:
        receivers: dict[str, dict[str, bool]] = defaultdict(dict)
        for keys in in_widths(sorted(set(user_ids))):
            for row in await self._connection.all("mail_receivers", **keys):
                receivers[row["concerned_id"]][row["user_id"]] = bool(row["reminders"])
        return receivers

    async def administrators(self) -> list[str]:
        return [row["id"] for row in await self._connection.all("administrators_with_mail")]

    async def due(self, channel: Channel, *, now: int, limit: int) -> list[Delivery]:
        rows = await self._connection.all("due_deliveries", channel=str(channel), now=now, limit=limit)
        return [_delivery_of(row) for row in rows]

    async def claim(self, delivery: Delivery, *, until: int) -> Delivery | None:
        row = await self._connection.one(
            "claim_delivery", id=delivery.id, attempts=delivery.attempts, until=until
        )
        return None if row is None else _delivery_of(row)

    async def postpone(self, delivery: Delivery, *, due_at: int, fault: str) -> bool:
        row = await self._connection.one(
            "postpone_delivery", id=delivery.id, attempts=delivery.attempts, due_at=due_at, fault=fault
        )
        return row is not None

    async def give_up(self, delivery: Delivery, *, now: int, fault: str) -> bool:
        row = await self._connection.one(
            "give_up_delivery", id=delivery.id, attempts=delivery.attempts, now=now, fault=fault
        )
        if row is not None:
            await self._connection.all("forget_sealed", message_id=delivery.message_id)
        return row is not None

    async def finish(self, delivery: Delivery, *, now: int) -> bool:
        row = await self._connection.one("finish_delivery", id=delivery.id, now=now)
        if row is not None:
            await self._connection.all("forget_sealed", message_id=delivery.message_id)
        return row is not None

    async def to(self, target: str, *, limit: int) -> list[Delivery]:
        return [
            _delivery_of(row)
            for row in await self._connection.all("deliveries_to", target=target, limit=limit)
        ]


def _delivery_of(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        message_id=row["message_id"],
        channel=Channel(row["channel"]),
        target=row["target"],
        due_at=row["due_at"],
        give_up_at=row["give_up_at"],
        attempts=row["attempts"],
        fault=row["fault"],
        finished_at=row["finished_at"],
        outcome=row["outcome"],
    )
