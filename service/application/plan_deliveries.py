"""From what is to be told to who is told: deliveries for each receiver, planned by one process at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.application.ports import Storage, Transaction
from service.domain.delivery import Channel, Delivery
from service.domain.message import together
from service.domain.notice import ADMINISTRATORS_TOO, PERSONAL, REMINDERS, Kind, Notice
from service.domain.webhook import Webhook

MOST: Final = 1_000
"""Notices to a transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Receivers:
    """`people` by account: who is written to about it, each with whether they want reminders."""

    people: Mapping[str, Mapping[str, bool]]
    administrators: Sequence[str]
    webhooks: Sequence[Webhook]


class PlanDeliveries:
    """`mails` is whether there is a mail server."""

    def __init__(self, storage: Storage, *, mails: bool) -> None:
        self._storage = storage
        self._mails = mails

    async def __call__(self) -> None:
        """Plan the deliveries of every notice that has none yet; one that concerns nobody has none for good."""
        while await self._plan_some() == MOST:
            pass

    async def _plan_some(self) -> int:
        async with self._storage.reading() as read:
            if not await read.notices.waiting(1):
                return 0
        async with self._storage.transaction() as tx:
            await tx.deliveries.hold()
            waiting = await tx.notices.waiting(MOST)
            receivers, now = await self._receivers(tx, waiting), await tx.now()
            for group in together(waiting):
                message_id = group[0].id
                await tx.notices.join([each.id for each in group], message_id)
                await tx.deliveries.plan(
                    [
                        Delivery.planned(
                            message_id, channel, target, now=now, expires_at=group[0].about.expires_at
                        )
                        for channel, target in _who(group[0], receivers, mails=self._mails)
                    ]
                )
        return len(waiting)

    async def _receivers(self, tx: Transaction, waiting: Sequence[Notice]) -> _Receivers:
        concerned = {each.about.user_id for each in waiting if each.about.user_id is not None}
        return _Receivers(
            people=await tx.deliveries.mail_receivers(concerned) if self._mails else {},
            administrators=await tx.deliveries.administrators() if self._mails else (),
            webhooks=await tx.webhooks.all(),
        )


def _who(notice: Notice, receivers: _Receivers, *, mails: bool) -> Iterator[tuple[Channel, str]]:
    """Channels and targets. Nobody is written to about what they did themselves."""
    kind, about = notice.kind, notice.about
    if kind is Kind.TEST:
        yield Channel.WEBHOOK, str(about.detail["webhook"])
        return
    if kind not in PERSONAL:
        yield from ((Channel.WEBHOOK, each.id) for each in receivers.webhooks if each.wants(kind))
    if not mails or about.user_id is None:
        return
    if kind is Kind.ADDRESS_CHANGED:
        yield Channel.MAIL, about.user_id
        return
    people = dict(receivers.people.get(about.user_id, {}))
    if kind in ADMINISTRATORS_TOO:
        people = dict.fromkeys(receivers.administrators, True) | people
    by = about.detail.get("by")
    for user_id, wants_reminders in people.items():
        if (wants_reminders or kind not in REMINDERS) and by != f"user:{user_id}":
            yield Channel.MAIL, user_id
