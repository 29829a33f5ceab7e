"""Revoke an access token without a place in a list by itself (RFC 7009)."""

from service.application.ports import Storage
from service.application.short_recognition import RecogniseShort
from service.domain.audit import AuditEntry
from service.domain.client import Client


class RevokeShort:
    def __init__(self, storage: Storage, recognise: RecogniseShort) -> None:
        self._storage = storage
        self._recognise = recognise

    async def __call__(self, jwt: str, *, client: Client | None) -> None:
        """From now on it is inactive here; whoever checks its signature alone takes it until its `exp`.

        For the client that got it, one that may revoke for its audience, or, without one, by its own proof; no
        effect, and no word of it, for anything else.

        Raises:
            StorageUnavailable, OutcomeUnknown: it may live on; ask again.
        """
        recognised = await self._recognise(jwt)
        if recognised is None or (
            client is not None and not _may_end(client, recognised.claims.aud, recognised.truth.client_id)
        ):
            return
        jti = recognised.truth.jti
        actor = f"client:{recognised.truth.client_id if client is None else client.id}"
        async with self._storage.transaction() as tx:
            now = await tx.now()
            ended = await tx.short_tokens.revoke(jti, now)
            action = "access_token.revoked" if ended else "access_token.revoked_again"
            entry = AuditEntry(
                actor=actor, action=action, subject=f"user:{recognised.truth.owner_id}", detail={"jti": jti}
            )
            await tx.audit.append([entry], now)


def _may_end(client: Client, audiences: tuple[str, ...], got_by: str) -> bool:
    by_permission = "revoke" in client.permissions and not client.audiences.isdisjoint(audiences)
    return by_permission or client.id == got_by
