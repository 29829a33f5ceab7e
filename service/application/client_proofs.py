"""Which client calls: proved by its secret, or by an assertion that it signed (RFC 7523 section 3)."""

import hashlib
import hmac
import json
from functools import lru_cache
from typing import Final

from safeconduct import KeySet
from safeconduct.errors import InvalidToken

from service.application.current import Current
from service.application.ports import Storage
from service.clock import Clock
from service.domain.client import Client
from service.domain.client_assertion import Assertion, read_assertion
from service.domain.secret import Secret, secret_hash

_NOBODYS_HASH: Final = "0" * 64


class ClientProofs:
    """`issuer` is what an assertion must be meant for, by its own name or that of its token endpoint."""

    def __init__(self, storage: Storage, current: Current, *, issuer: str, clock: Clock) -> None:
        self._storage = storage
        self._current = current
        self._audiences = frozenset({issuer, f"{issuer}/oauth2/token"})
        self._clock = clock

    def by_secret(self, client_id: str, secret: str) -> Client | None:
        """The client, if the secret is its own; as long for an unknown id as for a wrong secret."""
        client = self._current.clients.get(client_id)
        hashes = client.secret_hashes(self._clock()) if client is not None else ()
        shown = secret_hash(Secret(secret))
        matches = [hmac.compare_digest(shown, expected) for expected in hashes or (_NOBODYS_HASH,)]
        return client if any(matches) and client is not None else None

    def last(self, client: Client) -> bool:
        """Whether what proves the client now will, until the clients change: no old secret is about to end."""
        until = client.old_secret_until
        return until is None or until <= self._clock()

    async def by_assertion(self, text: str, *, client_id: str | None) -> Client | None:
        """The client that signed the assertion, which is used up by this; None where it proves nobody.

        `client_id` is what the caller says besides, and must then be the same.

        Raises:
            StorageUnavailable, OutcomeUnknown: whether it was used before cannot be told.
        """
        try:
            assertion = read_assertion(text)
            client = self._current.clients.get(assertion.client_id)
            if client is None or client.jwks is None or client_id not in {None, client.id}:
                return None
            assertion.verify(key_set_of(client.jwks))
        except InvalidToken:
            return None
        if assertion.audience not in self._audiences or not await self._use_up(assertion):
            return None
        return client

    async def _use_up(self, assertion: Assertion) -> bool:
        """Whether it is in force by the database's clock, and was never used before, at any replica."""
        used = hashlib.sha256(f"{assertion.client_id}\n{assertion.jti}".encode()).hexdigest()
        async with self._storage.transaction() as tx:
            if not assertion.in_force(await tx.now()):
                return False
            return await tx.clients.use_assertion(used, expires_at=assertion.exp)


@lru_cache(maxsize=1_024)
def key_set_of(jwks: str) -> KeySet:
    """The registered keys, which were judged when they were registered."""
    return KeySet.from_document(json.loads(jwks))
