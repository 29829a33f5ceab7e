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
from service.domain.errors import CannotSign


class Current:
    """The key ring with its signers and published form, the catalogue, and the clients.

    `proofs` are the texts that proved a client since the clients last changed: what is shown again and again need
    not be decoded and hashed again and again.
    """

    def __init__(self, masters: MasterKeys | None) -> None:
        self._masters = masters
        self._signers: dict[Purpose, JwsSigner] = {}
        self.heads: Mapping[str, int] = {}
        self.catalogue = CatalogueDocument()
        self.clients: Mapping[str, Client] = {}
        self.proofs: dict[str, Client] = {}
        self.take_ring(KeyRing(0))

    async def reload(self, storage: Storage) -> None:
        """Follow the database, after a change of one's own or by the poll."""
        async with storage.reading() as read:
            await self.refresh(read)

    async def refresh(self, tx: Transaction) -> None:
        """Reload whatever has a newer head than the one held.

        `tx` must not have changed any of it: an uncommitted head may yet be rolled back.
        """
        heads = await tx.heads()
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
            CannotSign: no active key, or the master key is missing or another one (verify-only, R31).
        """
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
