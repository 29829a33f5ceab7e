"""What has to be done so that accounts and clients are what a catalogue file declares."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.application.ports import Transaction
from service.domain.catalogue_difference import Change
from service.domain.client import Client
from service.domain.declared import Declared, DeclaredClient, DeclaredMachine, DeclaredWebhook
from service.domain.errors import Fault, Faulty
from service.domain.user import Grant, User, UserKind, fold
from service.domain.webhook import Webhook


@dataclass(slots=True, kw_only=True)
class Plan:
    """What is not yet as it is declared. `held` are the accounts that it was judged by."""

    changes: list[Change] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    grants: dict[str, tuple[User, Grant]] = field(default_factory=dict)
    machines: list[tuple[DeclaredMachine, list[User]]] = field(default_factory=list)
    responsible: dict[str, list[User]] = field(default_factory=dict)
    clients: list[DeclaredClient] = field(default_factory=list)
    changed_clients: list[tuple[Client, DeclaredClient]] = field(default_factory=list)
    webhooks: list[DeclaredWebhook] = field(default_factory=list)
    changed_webhooks: list[tuple[Webhook, DeclaredWebhook]] = field(default_factory=list)

    @property
    def new_grants(self) -> Mapping[str, Grant]:
        """By the ids of their owners."""
        return {user_id: grant for user_id, (_, grant) in self.grants.items()}


async def plan(tx: Transaction, declared: Declared) -> Plan:
    """What has to be done, by what this transaction sees.

    Raises:
        Faulty: people who are not there, or machines that are people.
    """
    made, faults = Plan(), list[Fault]()
    if declared:
        for name, grant in declared.grants.items():
            await _plan_grant(tx, made, name, grant, faults)
        await _plan_machines(tx, made, declared.machines, faults)
        await _plan_clients(tx, made, declared, faults)
    if faults:
        raise Faulty(faults)
    return made


async def _plan_grant(tx: Transaction, made: Plan, name: str, grant: Grant, faults: list[Fault]) -> None:
    user = await tx.users.find(name)
    if user is None:
        faults.append(Fault(f"grants.users.{name}", "unknown_user", f"there is nobody called {name!r}"))
    else:
        _give(made, user, grant)


def _give(made: Plan, user: User, grant: Grant) -> None:
    made.held.add(user.id)
    if user.grant != grant:
        made.grants[user.id] = (user, grant)
        made.changes.append(
            Change(kind="changed", what="grant of", name=user.name, was=said(user.grant), now=said(grant))
        )


async def _plan_machines(
    tx: Transaction, made: Plan, declared: Sequence[DeclaredMachine], faults: list[Fault]
) -> None:
    for position, wanted in enumerate(declared):
        people = await _people(tx, f"machines[{position}].responsible", wanted.responsible, faults)
        made.held |= {person.id for person in people}
        taken = await tx.users.find(wanted.name)
        if taken is not None and taken.kind is UserKind.MACHINE:
            _give(made, taken, wanted.grant)
            [found] = await tx.machines.page(machine_id=taken.id, responsible_id=None, after="", limit=1)
            if {each.id for each in found.responsible} != {each.id for each in people}:
                made.responsible[found.user.id] = people
                was, now = _names(found.responsible), _names(people)
                made.changes.append(
                    Change(
                        kind="changed", what="people responsible for", name=found.user.name, was=was, now=now
                    )
                )
        elif taken is not None:
            faults.append(Fault(f"machines[{position}].name", "not_a_machine", "this is a person's name"))
        else:
            made.machines.append((wanted, people))
            told = {"grant": said(wanted.grant), "responsible": _names(people)}
            made.changes.append(Change(kind="added", what="machine", name=wanted.name, now=told))


async def _people(tx: Transaction, where: str, names: Sequence[str], faults: list[Fault]) -> list[User]:
    people: list[User] = []
    for position, name in enumerate(names):
        user = await tx.users.find(name)
        if user is None or user.kind is not UserKind.PERSON or user.disabled_at is not None:
            faults.append(Fault(f"{where}[{position}]", "unknown_user", f"{name!r} is no enabled person"))
        else:
            people.append(user)
    return people


async def _plan_clients(tx: Transaction, made: Plan, declared: Declared, faults: list[Fault]) -> None:
    there = [client for client in await tx.clients.all() if client.disabled_at is None]
    new_machines = {fold(machine.name) for machine, _ in made.machines}
    for position, wanted in enumerate(declared.clients):
        same = [client for client in there if fold(client.name) == fold(wanted.name)]
        machine = await tx.users.find(wanted.machine) if wanted.machine else None
        known = machine is not None and machine.kind is UserKind.MACHINE and machine.disabled_at is None
        if wanted.machine and not known and fold(wanted.machine) not in new_machines:
            detail = f"{wanted.machine!r} is no enabled machine user"
            faults.append(Fault(f"clients[{position}].machine", "unknown_user", detail))
        if len(same) > 1:
            faults.append(Fault(f"clients[{position}].name", "ambiguous", "several clients are called so"))
        elif not same:
            made.clients.append(wanted)
            told = _rights(wanted.audiences, wanted.permissions, wanted.machine, wanted.jwks)
            made.changes.append(Change(kind="added", what="client", name=wanted.name, now=told))
        else:
            await _compare(tx, made, same[0], wanted)


async def _compare(tx: Transaction, made: Plan, client: Client, wanted: DeclaredClient) -> None:
    acting = await tx.users.get(client.machine_id) if client.machine_id else None
    named = acting.name if acting else None
    machine = named if wanted.machine is None or fold(wanted.machine) == fold(named or "") else wanted.machine
    was = _rights(client.audiences, client.permissions, named, client.jwks)
    now = _rights(wanted.audiences, wanted.permissions, machine, wanted.jwks or client.jwks)
    if was != now:
        made.changed_clients.append((client, wanted))
        made.changes.append(Change(kind="changed", what="client", name=client.name, was=was, now=now))


def _rights(
    audiences: frozenset[str], permissions: frozenset[str], machine: str | None, jwks: str | None
) -> dict[str, Any]:
    """As people see it; keys by a digest, which is another one for other keys."""
    keys = {"keys": hashlib.sha256(jwks.encode()).hexdigest()[:16]} if jwks else {}
    acts = {"machine": machine} if machine else {}
    return {"audiences": sorted(audiences), "permissions": sorted(permissions), **acts, **keys}


def _names(people: Sequence[User]) -> list[str]:
    return sorted(person.name for person in people)


def said(grant: Grant) -> str | list[str]:
    """As a catalogue file says it."""
    return list(grant.scopes) if grant.scopes else str(grant.kind)
