"""Send what is due over one channel: claimed, tried, and written down one by one, so that a crash repeats little."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

import structlog

from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.delivery import LEASE, Channel, Delivery
from service.domain.errors import ServiceError
from service.domain.message import Message

log = structlog.get_logger("notices")

MOST: Final = 16
"""Deliveries that one process has at a time."""
_MOST_REMEMBERED: Final = 1_024


class Undelivered(ServiceError):
    """It did not arrive. `final`: it never will; `gone`: nor will anything else at this receiver; `whole`: it is the
    fault of what all deliveries of the channel have in common.
    """

    code: ClassVar[str] = "undelivered"

    def __init__(self, reason: str, *, final: bool = False, gone: bool = False, whole: bool = False) -> None:
        super().__init__(reason)
        self.final = final or gone
        self.gone = gone
        self.whole = whole


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery with what it brings, at `now`."""

    delivery: Delivery
    message: Message
    now: int


class Carrier(Protocol):
    """Brings messages to receivers of one channel. It waits for nobody longer than a lease lasts."""

    @property
    def channel(self) -> Channel: ...

    def carry(self, parcels: Sequence[Parcel]) -> AsyncGenerator[tuple[Parcel, Undelivered | None], None]:
        """Each of them with why it did not arrive, as soon as that is known."""

    async def gone(self, tx: Transaction, target: str, now: int) -> list[AuditEntry]:
        """A receiver has said that it is not there any more; answers what is to be audited."""


class SendNotices:
    """At least once: who dies between sending and writing it down leaves it to be sent again under the same id.

    `luck` answers a number from 0 to 1, by which the attempts of many are spread.
    """

    def __init__(self, storage: Storage, carrier: Carrier, *, luck: Callable[[], float]) -> None:
        self._storage = storage
        self._carrier = carrier
        self.channel = carrier.channel
        self._luck = luck
        self._told: dict[str, str] = {}

    async def __call__(self) -> None:
        """Try everything that is due."""
        while True:
            parcels = await self._claim()
            whole = False
            async with aclosing(self._carrier.carry(parcels)) as carried:
                async for parcel, fault in carried:
                    await self._settle(parcel, fault)
                    self._tell(parcel, fault)
                    whole = whole or (fault is not None and fault.whole)
            if len(parcels) < MOST or whole:
                return

    async def _claim(self) -> list[Parcel]:
        async with self._storage.reading() as read:
            if not await read.claims.due(self.channel, now=await read.now(), limit=1):
                return []
        parcels: list[Parcel] = []
        entries: list[AuditEntry] = []
        async with self._storage.transaction() as tx:
            now = await tx.now()
            for due in sorted(
                await tx.claims.due(self.channel, now=now, limit=MOST), key=lambda delivery: delivery.id
            ):
                claimed = await tx.claims.claim(due, until=now + LEASE)
                message = await tx.notices.message(due.message_id) if claimed else None
                if claimed and (message is None or due.give_up_at <= now):
                    fault = claimed.fault or "it was not worth telling any more"
                    entries += await _give_up(tx, claimed, fault, now)
                elif claimed and message:
                    parcels.append(Parcel(claimed, message, now))
            await tx.audit.append(entries, now)
        return parcels

    async def _settle(self, parcel: Parcel, fault: Undelivered | None) -> None:
        delivery, entries = parcel.delivery, list[AuditEntry]()
        async with self._storage.transaction() as tx:
            now = await tx.now()
            if fault is None:
                await tx.claims.finish(delivery, now=now)
                return
            if fault.gone:
                entries += await self._carrier.gone(tx, delivery.target, now)
            again = None if fault.final else delivery.next_attempt(now, self._luck())
            if again is None:
                entries += await _give_up(tx, delivery, str(fault), now)
            else:
                await tx.claims.postpone(delivery, due_at=again, fault=str(fault))
            await tx.audit.append(entries, now)

    def _tell(self, parcel: Parcel, fault: Undelivered | None) -> None:
        """One line when something begins to fail, or fails in another way, and one when it works again."""
        target = parcel.delivery.target
        keys = ("", target) if fault is None else ("" if fault.whole else target,)
        for key in keys:
            was, now = self._told.get(key), str(fault) if fault else None
            if now is not None and was != now:
                if len(self._told) >= _MOST_REMEMBERED:
                    self._told.clear()
                self._told[key] = now
                log.warning("undelivered", channel=str(self.channel), target=key or "all", reason=now)
            elif now is None and self._told.pop(key, None) is not None:
                log.info("delivered_again", channel=str(self.channel), target=key or "all")


async def _give_up(tx: Transaction, delivery: Delivery, fault: str, now: int) -> list[AuditEntry]:
    """What is to be audited of it; nothing if somebody else has it by now."""
    if not await tx.claims.give_up(delivery, now=now, fault=fault):
        return []
    entry = AuditEntry(
        actor="scheduler",
        action="notice.given_up",
        subject=f"notice:{delivery.message_id}",
        detail={
            "channel": delivery.channel,
            "target": delivery.target,
            "attempts": delivery.attempts,
            "fault": fault,
        },
    )
    return [entry]
