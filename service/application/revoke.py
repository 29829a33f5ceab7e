"""Revoke: the record and all its values, finally."""

from service.application.own_tokens import lock_own_token
from service.application.ports import Storage
from service.domain.audit import AuditEntry
from service.domain.token import Token


class RevokeToken:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, token_id: str, *, owner_id: str, actor: str, reason: str) -> Token:
        """The record, revoked from the moment this returns at every replica (R1).

        A repeat answers the first revocation; it still writes its audit row, so that its commit waits for the same
        durability as the first (threats 8).

        Raises:
            NotFound: no such token of this owner.
        """
        async with self._storage.transaction() as tx:
            token = await lock_own_token(tx, token_id, owner_id)
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
