"""What a compromised key signed ends in portions, so that nobody else waits long for the key set (threats 21)."""

from typing import Final

from service.application.ports import Storage
from service.domain.audit import AuditEntry

PORTION: Final = 500
"""Values to a transaction."""


async def end_lost_values(storage: Storage, kid: str, *, by: str) -> int:
    """Revoke every live value that a compromised key signed; answers how many were.

    The truth query and fresh status lists refuse them since the key is compromised: this writes it into records,
    values and the outbox. What a crash leaves undone is done by the next call.
    """
    ended = 0
    while portion := await _end_portion(storage, kid, by):
        ended += portion
    return ended


async def _end_portion(storage: Storage, kid: str, by: str) -> int:
    async with storage.transaction() as tx:
        await tx.keys.lock()  # nothing is made or renewed meanwhile
        now = await tx.now()
        changes = await tx.revocations.revoke_kid(
            kid, now=now, by=by, reason="key_compromised", limit=PORTION
        )
        if changes:
            revision = await tx.status_lists.announce(changes, now)
            detail = {"values": len(changes), "revision": revision}
            entry = AuditEntry(actor=by, action="key.values_ended", subject=f"key:{kid}", detail=detail)
            await tx.audit.append([entry], now)
    return len(changes)
