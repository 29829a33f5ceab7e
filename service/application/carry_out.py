"""Carry out what a catalogue file declares of accounts and clients, inside the transaction that applies it."""

from dataclasses import replace

from service.application.clients import client_entry, new_client
from service.application.declare import Plan, said
from service.application.machines import machine_account
from service.application.ports import Transaction
from service.domain.audit import AuditEntry
from service.domain.client import Client
from service.domain.declared import DeclaredClient
from service.domain.errors import AlreadyExists
from service.domain.identifiers import Randomness
from service.domain.secret import Secret
from service.domain.user import Grant, User


async def carry_out(
    tx: Transaction, made: Plan, *, now: int, actor: str, randomness: Randomness
) -> tuple[list[tuple[Client, Secret | None]], list[AuditEntry]]:
    """Do it, while its accounts are held: the clients that are new with their secrets, and what is to be audited.

    Raises:
        AlreadyExists: somebody took the name of a machine meanwhile.
    """
    entries = [await _change_grant(tx, user, grant, actor) for user, grant in made.grants.values()]
    for wanted, people in made.machines:
        account = machine_account(wanted.name, wanted.grant, now=now, randomness=randomness)
        if not await tx.users.add(account):
            raise AlreadyExists(f"the name {wanted.name!r} is taken")
        await tx.machines.add_responsible(account.id, [person.id for person in people])
        detail = {"responsible": [person.id for person in people]}
        entries.append(
            AuditEntry(actor=actor, action="machine.created", subject=f"user:{account.id}", detail=detail)
        )
    for machine_id, people in made.responsible.items():
        await tx.machines.replace_responsible(machine_id, [person.id for person in people])
        detail = {"responsible": [person.id for person in people]}
        entries.append(
            AuditEntry(actor=actor, action="machine.handed_over", subject=f"user:{machine_id}", detail=detail)
        )
    new = [await _new_client(tx, each, now, randomness) for each in made.clients]
    for client, _ in new:
        await tx.clients.add(client)
        entries.append(client_entry("client.created", client, actor))
    for client, changed in made.changed_clients:
        entries.append(client_entry("client.changed", await _change_client(tx, client, changed), actor))
    return new, entries


async def _new_client(
    tx: Transaction, wanted: DeclaredClient, now: int, randomness: Randomness
) -> tuple[Client, Secret | None]:
    machine = await tx.users.find(wanted.machine) if wanted.machine else None
    return new_client(
        wanted.name,
        wanted.audiences,
        wanted.permissions,
        machine_id=machine.id if machine else None,
        jwks=wanted.jwks,
        now=now,
        randomness=randomness,
    )


async def _change_client(tx: Transaction, client: Client, wanted: DeclaredClient) -> Client:
    machine = await tx.users.find(wanted.machine) if wanted.machine else None
    held = await tx.clients.lock(client.id) or client
    changed = replace(
        held,
        audiences=wanted.audiences,
        permissions=wanted.permissions,
        machine_id=machine.id if machine else held.machine_id,
    )
    await tx.clients.change_rights(changed)
    if wanted.jwks is not None and wanted.jwks != held.jwks:
        changed = replace(
            changed, jwks=wanted.jwks, secret_hash="", old_secret_hash=None, old_secret_until=None
        )
        await tx.clients.change_proof(changed)
    return changed


async def _change_grant(tx: Transaction, user: User, grant: Grant, actor: str) -> AuditEntry:
    await tx.users.change(
        user.id,
        role=user.role,
        password_hash=user.password_hash,
        grant=grant,
        disabled_at=user.disabled_at,
    )
    await tx.short_tokens.revoke_all_of(user.id, await tx.now())  # their clients ask for others
    detail = {"was": said(user.grant), "now": said(grant)}
    return AuditEntry(actor=actor, action="user.grant_changed", subject=f"user:{user.id}", detail=detail)
