"""Revoke what would carry too much under another catalogue: in pages ahead of it, and what is left with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.application.ports import Storage, Transaction
from service.application.revoke_beyond import revoke_beyond
from service.domain.audit import AuditEntry
from service.domain.carried import Beyond, beyond
from service.domain.overreach import Overreach

CHUNK = 1_000
"""Records that one transaction ends, so that single revocations, which wait for the same revision, wait shortly."""
REMOVED = "scope_removed"
"""Why a token was revoked whose scope went, or went beyond its owner's grant, with a catalogue."""
Place = tuple[str, str]
"""(token_id, jti) of the value behind which a page begins."""
BEGINNING: Place = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Of each scope that goes how many live tokens hold it, and how many tokens carry too much in all."""

    in_use: Mapping[str, int] = field(default_factory=dict)
    tokens: int = 0


async def count_overreach(tx: Transaction, overreach: Overreach) -> Counted:
    reaches = await tx.carried.reaches()
    tokens = sum(reach.tokens for reach in reaches if overreach.reaches_too_far(reach))
    for owner_id in overreach.grants:
        narrowed = beyond(await tx.carried.by(owner_id), overreach.by_new_grant)
        tokens += len(narrowed)
    return Counted(in_use=overreach.held(reaches), tokens=tokens)


async def revoke_rest(
    tx: Transaction, overreach: Overreach, *, now: int, actor: str
) -> tuple[int, list[AuditEntry]]:
    """All of it, within the transaction that holds the key set, so that none is made meanwhile.

    Answers how many values ended, and what is to be audited: a row for each record.
    """
    token_ids: list[str] = []
    for reach in await tx.carried.reaches():
        if overreach.reaches_too_far(reach):
            token_ids += await tx.carried.alike(reach)
    for owner_id in overreach.grants:
        token_ids += [value.token_id for value in await tx.carried.by(owner_id)]
    found = beyond(await tx.carried.of(sorted(set(token_ids))), overreach.of)
    return await revoke_beyond(tx, found, now=now, actor=actor, reason=REMOVED)


class RevokeAhead:
    """One page at a time, because there may be many: each in a transaction, so that what is done stays done."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(
        self, overreach: Overreach, *, actor: str, after: Place = BEGINNING
    ) -> tuple[int, Place | None]:
        """How many values ended of the next CHUNK that live, and behind which to go on; None at the end."""
        async with self._storage.reading() as read:
            page = await read.carried.page(after, CHUNK)
        candidates = beyond(page, overreach.of)
        values = await self._revoke(candidates, overreach, actor) if candidates else 0
        return values, (page[-1].token_id, page[-1].jti) if len(page) == CHUNK else None

    async def _revoke(self, candidates: Sequence[Beyond], overreach: Overreach, actor: str) -> int:
        async with self._storage.transaction() as tx:
            await tx.users.hold([each.owner_id for each in candidates])
            carried = await tx.carried.of([each.token_id for each in candidates])
            now = await tx.now()
            found = beyond(carried, overreach.of)
            values, entries = await revoke_beyond(tx, found, now=now, actor=actor, reason=REMOVED)
            await tx.audit.append(entries, now)
        return values
