"""What this process holds in memory of the slow-changing truth: key ring, catalogue, clients.

Each is reloaded when its head in the database moves: by a poll, and by every transaction that is about to
rely on it.
"""

import json
from collections.abc import Mapping

from safeconduct import KeySet

from keys import Jwks, JwsSigner, KeyFailure, KeyRing, MasterKeys, Purpose, jwks, open_signer
from service.application.ports import Storage, Transaction
from service.domain.catalogue import CatalogueDocument
from service.domain.client import Client
from service.domain.errors import CannotSign, RecoveryNeeded
from service.domain.history import EPOCH, Heads, behind, furthest


class Current:
    """The key ring with its signers and published form, the catalogue, and the clients.

    `proofs` are the texts that proved a client since the clients last changed: what is shown again and again need
    not be decoded and hashed again and again.
    """

    def __init__(self, masters: MasterKeys | None) -> None:
        self._masters = masters
        self._signers: dict[Purpose, JwsSigner] = {}
        self.heads: Heads = {}
        self.seen: Heads = {}
        self.behind: tuple[str, ...] = ()
        self._behind_in = 0
        self.catalogue = CatalogueDocument()
        self.clients: Mapping[str, Client] = {}
        self.proofs: dict[str, Client] = {}
        self.take_ring(KeyRing(0))

    async def reload(self, storage: Storage) -> None:
        """Follow the database, after a change of one's own or by the poll."""
        async with storage.reading() as read:
            heads = await self.refresh(read)
        if not self.behind:
            self.seen = furthest(self.seen, heads)

    async def refresh(self, tx: Transaction) -> Heads:
        """Reload whatever has a newer head than the one held; answers the heads.

        `tx` must not have changed any of it: an uncommitted head may yet be rolled back.
        """
        seen = self.seen  # as it was before the read: another task may see more meanwhile
        heads = await tx.heads()
        self._judge(heads, seen)
        ring = await tx.keys.load() if heads["key_set"] > self.ring.version else self.ring
        latest = await tx.catalogues.latest() if self._is_behind("catalogue", heads) else None
        clients = await tx.clients.all() if self._is_behind("client", heads) else ()
        # From here on nobody else runs; but while this one waited, another may have come further.
        if ring.version > self.ring.version:
            self.take_ring(ring)
        if latest is not None and self._is_behind("catalogue", heads):
            self.catalogue = CatalogueDocument.from_json(latest[1])
        if self._is_behind("client", heads):
            self.clients = {client.id: client for client in clients if client.disabled_at is None}
            self.proofs = {}
        self.heads = {name: max(value, self.heads.get(name, 0)) for name, value in heads.items()}
        return heads

    def _judge(self, heads: Heads, seen: Heads) -> None:
        """Once behind, always behind, until an epoch begins that is later than all that was seen."""
        if self.behind and heads[EPOCH] <= self._behind_in:
            return
        self.behind = behind(heads, seen)
        self._behind_in = max(heads[EPOCH], seen.get(EPOCH, 0))

    def _is_behind(self, name: str, heads: Mapping[str, int]) -> bool:
        return heads[name] > self.heads.get(name, 0)

    def take_ring(self, ring: KeyRing) -> None:
        """Hold `ring`: what is published, what verifies, and no signer of a ring before it."""
        self.ring = ring
        self.published: Jwks = jwks(ring)
        self.key_set = KeySet.from_document(json.loads(self.published.body))
        self._signers = {}

    def signer(self, purpose: Purpose) -> JwsSigner:
        """The active key's signer, opened once per ring.

        Raises:
            RecoveryNeeded: the database is older than what was seen or published.
            CannotSign: no active key, or the master key is missing or another one (verify-only, R31).
        """
        if self.behind:
            raise RecoveryNeeded("the database is older than what was published; run: safeconduct recover")
        if (signer := self._signers.get(purpose)) is not None:
            return signer
        try:
            key = self.ring.active(purpose)
            signer = JwsSigner(key, open_signer(key, self._masters))
        except KeyFailure as error:
            raise CannotSign(str(error)) from error
        self._signers[purpose] = signer
        return signer

    def require_signers(self) -> None:
        """Raises CannotSign unless every purpose has a key that this process can sign with."""
        for purpose in Purpose:
            self.signer(purpose)
