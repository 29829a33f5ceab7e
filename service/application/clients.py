"""Clients: the resource servers that may introspect and revoke, and what acts as a machine user."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.application.current import Current
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.client import PERMISSIONS, Client
from service.domain.client_keys import canonical_jwks
from service.domain.errors import Fault, Faulty, NotFound
from service.domain.identifiers import Randomness, from_wire, new_id, to_wire
from service.domain.issuance import text_fault
from service.domain.secret import Secret, new_alphanumeric_secret, secret_hash
from service.domain.user import MAX_NAME, UserKind


class CreateClient:
    def __init__(self, storage: Storage, current: Current, *, randomness: Randomness) -> None:
        self._storage = storage
        self._current = current
        self._randomness = randomness

    async def __call__(
        self,
        *,
        name: str,
        audiences: Sequence[str],
        permissions: Sequence[str],
        actor: str,
        machine: str | None = None,
        jwks: Mapping[str, Any] | None = None,
    ) -> tuple[Client, Secret | None]:
        """The client and its secret, which is shown in this answer only; no secret where it proves itself by `jwks`.

        No audience named means the default one. `machine` is the id or name of the machine user it acts for.

        Raises:
            Faulty: an unregistered audience, an unknown permission, an empty name, no such machine, unusable keys.
        """
        chosen = tuple(audiences) or (self._current.catalogue.default_audience.id,)
        faults = _faults(name.strip(), chosen, permissions, {a.id for a in self._current.catalogue.audiences})
        kept_keys = None if jwks is None else canonical_jwks(jwks, faults)
        async with self._storage.transaction() as tx:
            machine_id = await _machine(tx, machine, faults)
            if faults:
                raise Faulty(faults)
            client, secret = new_client(
                name.strip(),
                frozenset(chosen),
                frozenset(permissions),
                machine_id=machine_id,
                jwks=kept_keys,
                now=await tx.now(),
                randomness=self._randomness,
            )
            await tx.clients.add(client)
            await tx.audit.append([client_entry("client.created", client, actor)], client.created_at)
        await self._current.reload(self._storage)
        return client, secret


class DisableClient:
    def __init__(self, storage: Storage, current: Current) -> None:
        self._storage = storage
        self._current = current

    async def __call__(self, client_id: str, *, actor: str) -> None:
        """It proves itself no more, and no access token that it got is honoured by us.

        Raises:
            NotFound: no such client.
        """
        async with self._storage.transaction() as tx:
            now = await tx.now()
            if not await tx.clients.disable(client_id, now):
                raise NotFound("no such client")
            entry = AuditEntry(actor=actor, action="client.disabled", subject=f"client:{client_id}")
            await tx.audit.append([entry], now)
        await self._current.reload(self._storage)


def new_client(
    name: str,
    audiences: frozenset[str],
    permissions: frozenset[str],
    *,
    machine_id: str | None,
    jwks: str | None,
    now: int,
    randomness: Randomness,
) -> tuple[Client, Secret | None]:
    """A client, and its secret, of which only a hash is kept; none where it proves itself by `jwks`."""
    secret = new_alphanumeric_secret(randomness) if jwks is None else None
    client = Client(
        id=to_wire(new_id(randomness)),
        name=name,
        secret_hash="" if secret is None else secret_hash(secret),
        audiences=audiences,
        permissions=permissions,
        machine_id=machine_id,
        jwks=jwks,
        created_at=now,
    )
    return client, secret


def client_entry(action: str, client: Client, actor: str) -> AuditEntry:
    """What became of a client, with what it may."""
    detail = {
        "name": client.name,
        "audiences": sorted(client.audiences),
        "permissions": sorted(client.permissions),
        "proof": "secret" if client.jwks is None else "keys",
    }
    machine = {} if client.machine_id is None else {"machine": client.machine_id}
    return AuditEntry(actor=actor, action=action, subject=f"client:{client.id}", detail=detail | machine)


def _faults(
    name: str, audiences: Sequence[str], permissions: Sequence[str], registered: set[str]
) -> list[Fault]:
    faults = [
        Fault("audiences", "unknown_audience", f"{audience!r} is not registered")
        for audience in audiences
        if audience not in registered
    ]
    faults += [
        Fault("permissions", "unknown_permission", f"{permission!r} is none of {', '.join(PERMISSIONS)}")
        for permission in permissions
        if permission not in PERMISSIONS
    ]
    if fault := text_fault("name", name, longest=MAX_NAME):
        faults.append(fault)
    return faults


async def _machine(tx: Transaction, said: str | None, faults: list[Fault]) -> str | None:
    """The id of an enabled machine user, by id or name."""
    if said is None:
        return None
    known = from_wire(said)
    user = await (tx.users.get(known) if known else tx.users.find(said.strip()))
    if user is None or user.kind is not UserKind.MACHINE or user.disabled_at is not None:
        faults.append(Fault("machine", "unknown_user", "there is no such machine user, or it is disabled"))
        return None
    return user.id
