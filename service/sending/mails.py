"""Mails to people: each in its reader's language, over one connection for all that are due."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from keys import MasterKeys, VerifyOnly
from service.application.ports import Storage, Transaction
from service.application.send_notices import Parcel, Undelivered
from service.domain.audit import AuditEntry
from service.domain.delivery import LEASE, Channel
from service.domain.notice import LINKS, Kind, link_row
from service.domain.secret import Secret
from service.sending.letter import Sender, letter_of
from service.sending.mime import Stationery, mail_of
from service.sending.smtp import MailServer, hand_over_each

WITHIN: Final = LEASE - 30.0
"""Seconds for all that one process has at a time, so that nobody else gets it meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mails:
    """A carrier of deliveries whose targets are users."""

    storage: Storage
    server: MailServer
    paper: Stationery
    masters: MasterKeys | None
    channel: Channel = Channel.MAIL

    async def carry(
        self, parcels: Sequence[Parcel]
    ) -> AsyncGenerator[tuple[Parcel, Undelivered | None], None]:
        ready: list[tuple[Parcel, EmailMessage]] = []
        for parcel in parcels:
            try:
                ready.append((parcel, await self._write(parcel)))
            except Undelivered as fault:
                yield parcel, fault
        mails, waiting = [mail for _, mail in ready], iter(ready)
        async with aclosing(hand_over_each(self.server, mails, within=WITHIN)) as outcomes:
            async for outcome in outcomes:
                yield next(waiting)[0], outcome

    async def gone(self, tx: Transaction, target: str, now: int) -> list[AuditEntry]:  # noqa: ARG002 - a port's
        """Nothing: a mailbox that refuses one mail may take the next."""
        return []

    async def _write(self, parcel: Parcel) -> EmailMessage:
        """Raises Undelivered: there is no address any more, or the link in it cannot be opened."""
        message = parcel.message
        async with self.storage.reading() as read:
            contact = await read.contacts.of(parcel.delivery.target)
        to = str(message.detail["to"]) if message.kind is Kind.ADDRESS_CHANGED else contact.email
        if to is None:
            raise Undelivered("this account has no address any more", final=True)
        sender = Sender(self.paper.issuer, self.paper.brand)
        letter = letter_of(message, contact, sender, now=parcel.now, secret=self._secret(parcel))
        return mail_of(letter, to, self.paper, mail_id=parcel.delivery.id, now=message.created_at)

    def _secret(self, parcel: Parcel) -> Secret | None:
        message = parcel.message
        if message.kind not in LINKS:
            return None
        if message.sealed is None or self.masters is None:
            raise Undelivered("its link cannot be opened", final=message.sealed is None)
        try:
            row = link_row(message.kind, message.user_id)
            return Secret(self.masters.open(message.sealed, row).decode())
        except VerifyOnly as error:
            raise Undelivered("the master key does not open its link") from error
