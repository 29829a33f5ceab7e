"""Webhooks: where the operator's systems are told, set up by administrators alone (threats 31)."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from keys import MasterKeys
from service.application import notices
from service.application.current import Current
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.delivery import Delivery
from service.domain.errors import AlreadyExists, CannotSign, Fault, Faulty, NotFound
from service.domain.identifiers import Randomness, new_id
from service.domain.issuance import text_fault
from service.domain.notice import SUBSCRIBABLE, About, Kind
from service.domain.secret import Secret
from service.domain.user import MAX_NAME
from service.domain.webhook import LONGEST_URL, Webhook, new_webhook_secret, webhook_row

_MOST_DELIVERIES: Final = 50

JudgeUrl = Callable[[str], str | None]
"""What is wrong with a URL that webhooks should lead to; None if nothing is."""


class WebhookMaker:
    """Judges and makes webhooks; what is stored of their secrets is sealed."""

    def __init__(
        self, masters: MasterKeys | None, current: Current, judge_url: JudgeUrl, *, randomness: Randomness
    ) -> None:
        self._masters = masters
        self._current = current
        self._judge_url = judge_url
        self._randomness = randomness

    def faults(self, url: str, kinds: Collection[str], *, where: str = "") -> list[Fault]:
        faults = []
        if len(url) > LONGEST_URL:
            faults.append(Fault(f"{where}url", "too_long", f"{LONGEST_URL} characters at most"))
        elif fault := self._judge_url(url):
            faults.append(Fault(f"{where}url", "invalid_value", fault))
        faults += [
            Fault(f"{where}kinds[{position}]", "invalid_value", "is no kind of notice that webhooks carry")
            for position, kind in enumerate(kinds)
            if kind not in SUBSCRIBABLE
        ]
        return faults

    def make(self, name: str, url: str, kinds: Collection[str], now: int) -> tuple[Webhook, Secret]:
        webhook_id = new_id(self._randomness)
        sealed, secret = self.new_secret(webhook_id)
        webhook = Webhook(
            id=webhook_id,
            name=name,
            url=url,
            kinds=frozenset(map(Kind, kinds)),
            sealed_secret=sealed,
            created_at=now,
        )
        return webhook, secret

    def new_secret(self, webhook_id: str) -> tuple[str, Secret]:
        """Raises CannotSign: there is no master key to seal it under, or it is not the one of this database."""
        self._current.require_signers()
        if self._masters is None:
            raise CannotSign("there is no master key under which its secret could be kept")
        secret = new_webhook_secret(self._randomness)
        sealed = self._masters.seal(
            secret.reveal().encode(), webhook_row(webhook_id), randomness=self._randomness
        )
        return sealed, secret


class Webhooks:
    def __init__(self, storage: Storage, maker: WebhookMaker) -> None:
        self._storage = storage
        self._maker = maker

    async def all(self) -> list[Webhook]:
        async with self._storage.reading() as read:
            return await read.webhooks.all()

    async def deliveries(self, webhook_id: str) -> list[Delivery]:
        """The latest, the last one first."""
        async with self._storage.reading() as read:
            return await read.claims.to(webhook_id, limit=_MOST_DELIVERIES)

    async def create(
        self, *, name: str, url: str, kinds: Collection[str], actor: str
    ) -> tuple[Webhook, Secret]:
        """The webhook and its secret, which is shown in this answer only.

        Raises:
            Faulty: a name, a URL or a kind that cannot be.
            AlreadyExists: the name is taken, compared without case.
            CannotSign: there is no master key.
        """
        name, faults = name.strip(), self._maker.faults(url, kinds)
        if fault := text_fault("name", name, longest=MAX_NAME):
            faults.append(fault)
        if faults:
            raise Faulty(faults)
        async with self._storage.transaction() as tx:
            webhook, secret = self._maker.make(name, url, kinds, await tx.now())
            if not await tx.webhooks.add(webhook):
                raise AlreadyExists(f"the name {name!r} is taken")
            await _audit(tx, "webhook.created", webhook, actor)
        return webhook, secret

    async def change(self, webhook_id: str, *, url: str, kinds: Collection[str], actor: str) -> Webhook:
        """Another URL and other kinds; one that had answered that it is gone is tried again.

        Raises:
            NotFound, Faulty: as for one that is new.
        """
        if faults := self._maker.faults(url, kinds):
            raise Faulty(faults)
        async with self._storage.transaction() as tx:
            webhook = replace(
                await _held(tx, webhook_id), url=url, kinds=frozenset(map(Kind, kinds)), disabled_at=None
            )
            await tx.webhooks.change(webhook)
            await _audit(tx, "webhook.changed", webhook, actor)
        return webhook

    async def rotate_secret(self, webhook_id: str, *, overlap: int, actor: str) -> tuple[Webhook, Secret]:
        """The webhook and its new secret; what is sent is signed by the old one as well for `overlap` seconds.

        Raises:
            NotFound, CannotSign.
        """
        async with self._storage.transaction() as tx:
            before, now = await _held(tx, webhook_id), await tx.now()
            sealed, secret = self._maker.new_secret(webhook_id)
            webhook = replace(
                before,
                sealed_secret=sealed,
                old_sealed_secret=before.sealed_secret if overlap else None,
                old_secret_until=now + overlap if overlap else None,
            )
            await tx.webhooks.change(webhook)
            await _audit(tx, "webhook.secret_rotated", webhook, actor)
        return webhook, secret

    async def remove(self, webhook_id: str, *, actor: str) -> None:
        """Nothing more is sent there. Raises NotFound."""
        async with self._storage.transaction() as tx:
            webhook = await _held(tx, webhook_id)
            await tx.webhooks.remove(webhook_id)
            await _audit(tx, "webhook.removed", webhook, actor)

    async def test(self, webhook_id: str, *, actor: str) -> None:
        """Send it a message that tells of nothing. Raises NotFound."""
        async with self._storage.transaction() as tx:
            webhook = await _held(tx, webhook_id)
            await notices.add(tx, Kind.TEST, About(detail={"webhook": webhook.id}))
            await _audit(tx, "webhook.tested", webhook, actor)


def webhook_entry(action: str, webhook: Webhook, actor: str) -> AuditEntry:
    detail = {"name": webhook.name, "url": webhook.url, "kinds": sorted(webhook.kinds)}
    return AuditEntry(actor=actor, action=action, subject=f"webhook:{webhook.id}", detail=detail)


async def _audit(tx: Transaction, action: str, webhook: Webhook, actor: str) -> None:
    await tx.audit.append([webhook_entry(action, webhook, actor)], await tx.now())


async def _held(tx: Transaction, webhook_id: str) -> Webhook:
    webhook = await tx.webhooks.lock(webhook_id)
    if webhook is None:
        raise NotFound("no such webhook")
    return webhook
