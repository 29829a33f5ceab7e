"""Clients: the resource servers that may introspect and revoke."""

from collections.abc import Sequence

from service.application.current import Current
from service.application.ports import Storage
from service.domain.audit import AuditEntry
from service.domain.client import Client
from service.domain.errors import Fault, Faulty, NotFound
from service.domain.identifiers import Randomness, new_id, to_wire
from service.domain.issuance import text_fault
from service.domain.secret import Secret, new_alphanumeric_secret, secret_hash
from service.domain.user import MAX_NAME

PERMISSIONS = ("introspect", "revoke")


class CreateClient:
    def __init__(self, storage: Storage, current: Current, *, randomness: Randomness) -> None:
        self._storage = storage
        self._current = current
        self._randomness = randomness

    async def __call__(
        self, *, name: str, audiences: Sequence[str], permissions: Sequence[str], actor: str
    ) -> tuple[Client, Secret]:
        """The client and its secret, which is shown in this answer only. No audience named means the default
        one.

        Raises:
            Faulty: an unregistered audience, an unknown permission, an empty name.
        """
        chosen = tuple(audiences) or (self._current.catalogue.default_audience.id,)
        faults = _faults(name.strip(), chosen, permissions, {a.id for a in self._current.catalogue.audiences})
        if faults:
            raise Faulty(faults)
        secret = new_alphanumeric_secret(self._randomness)
        async with self._storage.transaction() as tx:
            now = await tx.now()
            client = Client(
                id=to_wire(new_id(self._randomness)),
                name=name.strip(),
                secret_hash=secret_hash(secret),
                audiences=frozenset(chosen),
                permissions=frozenset(permissions),
                created_at=now,
            )
            await tx.clients.add(client)
            entry = AuditEntry(
                actor=actor,
                action="client.created",
                subject=f"client:{client.id}",
                detail={"name": client.name, "audiences": sorted(chosen), "permissions": sorted(permissions)},
            )
            await tx.audit.append([entry], now)
        await self._current.reload(self._storage)
        return client, secret


class DisableClient:
    def __init__(self, storage: Storage, current: Current) -> None:
        self._storage = storage
        self._current = current

    async def __call__(self, client_id: str, *, actor: str) -> None:
        """Its secret opens nothing any more.

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
