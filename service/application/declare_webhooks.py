"""Webhooks as a catalogue file declares them: planned, and carried out in the transaction that applies it."""

from collections.abc import Sequence
from dataclasses import replace

from service.application.declare import Plan
from service.application.ports import Transaction
from service.application.webhooks import WebhookMaker, webhook_entry
from service.domain.audit import AuditEntry
from service.domain.catalogue_difference import Change
from service.domain.declared import DeclaredWebhook
from service.domain.errors import AlreadyExists, CannotSign, Fault, Faulty
from service.domain.notice import Kind
from service.domain.secret import Secret
from service.domain.user import fold
from service.domain.webhook import Webhook


async def plan_webhooks(
    tx: Transaction, made: Plan, declared: Sequence[DeclaredWebhook], maker: WebhookMaker | None
) -> None:
    """Add what is not yet as it is declared.

    Raises:
        Faulty: URLs where webhooks must not lead.
        CannotSign: they are made by a running service alone.
    """
    if not declared:
        return
    if maker is None:
        raise CannotSign("webhooks are set up by a running service: sign in to it, then apply the file")
    there = {fold(each.name): each for each in await tx.webhooks.all()}
    faults: list[Fault] = []
    for position, wanted in enumerate(declared):
        faults += maker.faults(wanted.url, wanted.kinds, where=f"webhooks[{position}].")
        told = {"url": wanted.url, "kinds": sorted(wanted.kinds)}
        webhook = there.get(fold(wanted.name))
        if webhook is None:
            made.webhooks.append(wanted)
            made.changes.append(Change(kind="added", what="webhook", name=wanted.name, now=told))
        elif (webhook.url, webhook.kinds) != (wanted.url, wanted.kinds):
            made.changed_webhooks.append((webhook, wanted))
            was = {"url": webhook.url, "kinds": sorted(webhook.kinds)}
            change = Change(kind="changed", what="webhook", name=webhook.name, was=was, now=told)
            made.changes.append(change)
    if faults:
        raise Faulty(faults)


async def carry_out_webhooks(
    tx: Transaction, made: Plan, maker: WebhookMaker | None, *, now: int, actor: str
) -> tuple[list[tuple[Webhook, Secret]], list[AuditEntry]]:
    """Do it: the webhooks that are new with their secrets, and what is to be audited.

    Raises:
        AlreadyExists: somebody took a name meanwhile.
    """
    new: list[tuple[Webhook, Secret]] = []
    entries: list[AuditEntry] = []
    if maker is None:
        return new, entries
    for wanted in made.webhooks:
        webhook, secret = maker.make(wanted.name, wanted.url, wanted.kinds, now)
        if not await tx.webhooks.add(webhook):
            raise AlreadyExists(f"the name {wanted.name!r} is taken")
        new.append((webhook, secret))
        entries.append(webhook_entry("webhook.created", webhook, actor))
    for before, wanted in made.changed_webhooks:
        held = await tx.webhooks.lock(before.id) or before
        changed = replace(held, url=wanted.url, kinds=frozenset(map(Kind, wanted.kinds)), disabled_at=None)
        await tx.webhooks.change(changed)
        entries.append(webhook_entry("webhook.changed", changed, actor))
    return new, entries
