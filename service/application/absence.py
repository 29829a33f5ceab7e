"""Owners who are not here for long: their tokens pause, and go on when they sign in."""

from collections.abc import Sequence
from typing import Final

from service.application import notices
from service.application.current import Current
from service.application.ports import Storage, Transaction
from service.domain.absence import ABSENCE
from service.domain.audit import AuditEntry
from service.domain.notice import About, Kind

OWNERS_AT_ONCE: Final = 50
DAY: Final = 86_400


class PauseAbsent:
    """Pauses, by the policy that is in force."""

    def __init__(self, storage: Storage, current: Current) -> None:
        self._storage = storage
        self._current = current

    async def __call__(self) -> int:
        """Pause the tokens of everybody who was not here for longer than the policy allows; answers how many."""
        within = self._current.catalogue.policy.owner_seen_within * DAY
        paused = 0
        while within and (owners := await self._absent(within)):
            async with self._storage.transaction() as tx:
                await tx.users.hold(owners)
                now = await tx.now()
                entries = [entry for owner in owners for entry in await _pause_of(tx, owner, within, now)]
                await tx.audit.append(entries, now)
            paused += len(entries)
            if not entries:
                break  # all of them have come meanwhile
        return paused

    async def _absent(self, within: int) -> list[str]:
        async with self._storage.reading() as read:
            before = await read.now() - within
            return await read.absences.absent(before=before, limit=OWNERS_AT_ONCE)


async def _pause_of(tx: Transaction, owner_id: str, within: int, now: int) -> list[AuditEntry]:
    """An owner who is held is looked at again: they may have come."""
    since = await tx.absences.since(owner_id)
    if since >= now - within:
        return []
    paused = await tx.absences.pause(owner_id, now)
    await _announce(tx, paused, now)
    if paused:
        await notices.add(
            tx, Kind.TOKENS_PAUSED, About(user_id=owner_id, detail={"tokens": len(paused), "since": since})
        )
    detail = {"owner": owner_id, "last_here": since}
    return [_entry("token.paused", token_id, ABSENCE, detail) for token_id in paused]


async def here_again(tx: Transaction, user_id: str, now: int) -> list[AuditEntry]:
    """Note that a user, whom the transaction holds, is here, and let go on exactly what their absence had paused.

    Answers what is to be audited.
    """
    await tx.absences.signed_in(user_id, now)
    resumed = await tx.absences.resume(user_id)
    await _announce(tx, resumed, now)
    if resumed:
        await notices.add(tx, Kind.TOKENS_RESUMED, About(user_id=user_id, detail={"tokens": len(resumed)}))
    return [
        _entry("token.resumed", token_id, f"user:{user_id}", {"paused_by": ABSENCE}) for token_id in resumed
    ]


async def _announce(tx: Transaction, token_ids: Sequence[str], now: int) -> None:
    changes = {
        change.jti: change for token_id in token_ids for change in await tx.revocations.statuses(token_id)
    }
    if changes:
        await tx.status_lists.announce([*changes.values()], now)


def _entry(action: str, token_id: str, actor: str, detail: dict[str, object]) -> AuditEntry:
    return AuditEntry(actor=actor, action=action, subject=f"token:{token_id}", detail=detail)
