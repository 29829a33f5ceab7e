"""A client changes that by which it proves itself, the old going on for a while."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service.application.current import Current
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.client import Client
from service.domain.client_keys import canonical_jwks
from service.domain.errors import Fault, Faulty, NotFound, WrongState
from service.domain.identifiers import Randomness
from service.domain.secret import Secret, new_alphanumeric_secret, secret_hash


class ChangeClientProof:
    def __init__(self, storage: Storage, current: Current, *, randomness: Randomness) -> None:
        self._storage = storage
        self._current = current
        self._randomness = randomness

    async def rotate_secret(self, client_id: str, *, overlap: int, actor: str) -> tuple[Client, Secret]:
        """The client and its new secret; the old one goes on for `overlap` seconds.

        Secrets before the old one end at once. Other replicas follow within about a second.

        Raises:
            NotFound: no such client, or it is disabled.
            WrongState: it proves itself by keys.
        """
        secret = new_alphanumeric_secret(self._randomness)
        async with self._storage.transaction() as tx:
            client = await _held(tx, client_id)
            if client.jwks is not None:
                raise WrongState("this client proves itself by its keys and has no secret")
            now = await tx.now()
            changed = replace(_retiring_secret(client, now, overlap), secret_hash=secret_hash(secret))
            await self._store(tx, changed, "client.secret_rotated", actor, now)
        await self._current.reload(self._storage)
        return changed, secret

    async def take_keys(self, client_id: str, jwks: Mapping[str, Any], *, overlap: int, actor: str) -> Client:
        """The client with these keys and no others; a secret that it had ends after `overlap` seconds.

        Raises:
            NotFound: no such client, or it is disabled.
            Faulty: no keys that could prove anything.
        """
        faults: list[Fault] = []
        canonical = canonical_jwks(jwks, faults)
        if faults:
            raise Faulty(faults)
        async with self._storage.transaction() as tx:
            client = await _held(tx, client_id)
            now = await tx.now()
            before = _retiring_secret(client, now, overlap) if client.secret_hash else client
            changed = replace(before, jwks=canonical, secret_hash="")
            await self._store(tx, changed, "client.keys_changed", actor, now)
        await self._current.reload(self._storage)
        return changed

    async def _store(self, tx: Transaction, client: Client, action: str, actor: str, now: int) -> None:
        await tx.clients.change_proof(client)
        detail = {"old_secret_until": client.old_secret_until}
        entry = AuditEntry(actor=actor, action=action, subject=f"client:{client.id}", detail=detail)
        await tx.audit.append([entry], now)


async def _held(tx: Transaction, client_id: str) -> Client:
    client = await tx.clients.lock(client_id)
    if client is None or client.disabled_at is not None:
        raise NotFound("no such client")
    return client


def _retiring_secret(client: Client, now: int, overlap: int) -> Client:
    """The present secret becomes the old one, or with no overlap nothing does."""
    if not overlap:
        return replace(client, old_secret_hash=None, old_secret_until=None)
    return replace(client, old_secret_hash=client.secret_hash, old_secret_until=now + overlap)
