"""How much of its ceilings an owner has left, while a batch takes from it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from service.application.ports import Transaction
from service.domain.errors import Busy, Quota
from service.domain.policy import Rules

HOUR: Final = 3_600


@dataclass(slots=True)
class Room:
    """What a locked owner has already, counted on while a batch takes from it."""

    live: int
    lately: int
    taken: int = 0

    def take(self, rules: Rules) -> None:
        rules.demand_room(self.live + self.taken)
        if self.lately + self.taken >= (most := rules.max_creations_per_hour):
            place = rules.place("max_creations_per_hour")
            raise Busy(
                f"at most {most} new tokens an hour ({place})",
                retry_after=HOUR // 4,
                quota=Quota("creations", most, HOUR),
            )
        self.taken += 1


async def rooms_of(tx: Transaction, owners: Collection[str], now: int) -> Mapping[str, Room]:
    counts = await tx.tokens.counts(owners, since=now - HOUR)
    return {owner_id: Room(*counts.get(owner_id, (0, 0))) for owner_id in owners}
