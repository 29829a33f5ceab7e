"""Revoke: the record and all its values, finally."""

from service.application.own_tokens import lock_own_token
from service.application.ports import Storage, Transaction
from service.application.recognition import RecogniseToken
from service.domain.audit import AuditEntry
from service.domain.client import Client
from service.domain.errors import NotFound
from service.domain.token import Token, TokenTruth


class RevokeToken:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(
        self, token_id: str, *, owner_id: str, actor: str, reason: str, made_by: str | None = None
    ) -> Token:
        """The record, revoked from the moment this returns at every replica (R1), and what it made with it.

        `made_by` is the token that asks for one of its own.

        A repeat answers the first revocation; it still writes its audit row, so that its commit waits for the
        same durability as the first (threats 8).

        Raises:
            NotFound: no such token of this owner.
        """
        async with self._storage.transaction() as tx:
            token = await lock_own_token(tx, token_id, owner_id, made_by=made_by)
            return await _revoke(tx, token, actor=actor, reason=reason)


class RevokePresented:
    """Revocation by the JWT itself (RFC 7009)."""

    def __init__(self, storage: Storage, recognise: RecogniseToken) -> None:
        self._storage = storage
        self._recognise = recognise

    async def __call__(self, jwt: str, *, client: Client | None) -> None:
        """End the record of `jwt`: for a client whose audience it is meant for, or, without one, by its own
        proof.

        No effect, and no word of it, for anything else: no value of ours, another audience, or a value that
        has expired or was replaced, which speaks for its record no more.

        Raises:
            StorageUnavailable, OutcomeUnknown: it may live on; ask again.
        """
        recognised = await self._recognise(jwt)
        if recognised is None:
            return
        if client is not None and client.audiences.isdisjoint(recognised.reading.claims.aud):
            return
        truth = recognised.truth
        actor, reason = (
            (f"token:{truth.token_id}", "presented") if client is None else (f"client:{client.id}", "client")
        )
        async with self._storage.transaction() as tx:
            try:
                token = await lock_own_token(tx, truth.token_id, truth.owner_id)
            except NotFound:  # removed since it was recognised
                return
            if token.revoked_at is not None or await _speaks_for(tx, token, truth):
                await _revoke(tx, token, actor=actor, reason=reason)


async def _speaks_for(tx: Transaction, token: Token, truth: TokenTruth) -> bool:
    if truth.by_reference:
        return await tx.references.stands(truth.token_hash)
    now = await tx.now()
    return any(
        value.jti == truth.jti and now < value.ends_at for value in await tx.tokens.live_values(token.id)
    )


async def _revoke(tx: Transaction, token: Token, *, actor: str, reason: str) -> Token:
    """Revoke the record, which this transaction holds, or note in the audit that it was asked for again."""
    now = await tx.now()
    changes = await tx.revocations.revoke_token(token.id, now=now, by=actor, reason=reason)
    revision = await tx.status_lists.announce(changes, now) if changes else None
    entry = AuditEntry(
        actor=actor,
        action="token.revoked" if token.revoked_at is None else "token.revoked_again",
        subject=f"token:{token.id}",
        detail={"reason": reason, "revision": revision},
    )
    await tx.audit.append([entry], now)
    revoked = await tx.tokens.get(token.id)
    assert revoked is not None  # noqa: S101 - held by this transaction
    return revoked
