"""End what carries more than is allowed any more, inside the transaction that allows less."""

from collections.abc import Sequence

from service.application.ports import Transaction
from service.domain.audit import AuditEntry
from service.domain.carried import Beyond
from service.domain.token import StatusChange


async def revoke_beyond(
    tx: Transaction, found: Sequence[Beyond], *, now: int, actor: str, reason: str
) -> tuple[int, list[AuditEntry]]:
    """Revoke records, and of records that stay the older values, whose owners the transaction holds.

    Answers how many values ended, and what is to be audited: a row for each record.
    """
    if not found:
        return 0, []
    await tx.revocations.hold([each.token_id for each in found])
    whole = [each.token_id for each in found if each.whole]
    _, changes = await tx.revocations.revoke_tokens(whole, now=now, by=actor, reason=reason)
    for each in found:
        if not each.whole:
            changes += await tx.revocations.revoke_values(each.token_id, now=now, but=each.kept)
    revision = await _announce(tx, changes, now)
    entries = [
        AuditEntry(
            actor=actor,
            action="token.revoked" if each.whole else "token.overlap_ended",
            subject=f"token:{each.token_id}",
            detail={"reason": reason, "revision": revision, "beyond": each.scopes, "together": len(found)},
        )
        for each in found
    ]
    return len(changes), entries


async def _announce(tx: Transaction, changes: Sequence[StatusChange], now: int) -> int | None:
    return await tx.status_lists.announce(changes, now) if changes else None
