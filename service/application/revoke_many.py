"""Revoke many at once: by their ids, or all that a filter means."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.token_filter import InventoryItem, InventoryPage, TokenFilter

CHUNK = 1_000
"""Records to a transaction: what holds up single revocations, which wait for the same revision, stays short."""


class Outcome(StrEnum):
    """What happened to a record, or, in a dry run, would."""

    REVOKED = "revoked"
    ALREADY_REVOKED = "already_revoked"
    NOT_FOUND = "not_found"


Outcomes = Mapping[str, Outcome]
"""By the record's id."""


class RevokeMany:
    """In chunks, each a transaction: after a failure half-way the same call again does the rest."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def by_ids(
        self,
        token_ids: Sequence[str],
        *,
        owner_id: str | None,
        actor: str,
        reason: str,
        dry_run: bool = False,
    ) -> Outcomes:
        """These records, if they are `owner_id`'s; without one, whoever owns them.

        Raises:
            StorageUnavailable, OutcomeUnknown: some of them may live on; ask again.
        """
        outcomes: dict[str, Outcome] = {}
        unique = list(dict.fromkeys(token_ids))
        for start in range(0, len(unique), CHUNK):
            ids = unique[start : start + CHUNK]
            if dry_run:
                async with self._storage.reading() as read:
                    standing = await _standing(read, ids, owner_id)
                done: Outcomes = {token_id: _foreseen(revoked) for token_id, (_, revoked) in standing.items()}
            else:
                async with self._storage.transaction() as tx:
                    standing = await _standing(tx, ids, owner_id)
                    await tx.users.hold([owner for owner, _ in standing.values()])
                    done = await _revoke(tx, list(standing), actor=actor, reason=reason)
            outcomes |= {token_id: done.get(token_id, Outcome.NOT_FOUND) for token_id in ids}
        return outcomes

    async def by_filter(
        self, which: TokenFilter, *, actor: str, reason: str, dry_run: bool = False
    ) -> Outcomes:
        """Every record that is meant when its turn comes; none that is made after this call.

        Raises:
            StorageUnavailable, OutcomeUnknown: some of them may live on; ask again.
        """
        outcomes: dict[str, Outcome] = {}
        page: InventoryPage | None = InventoryPage(which=which, limit=CHUNK)
        while page is not None:
            if dry_run:
                async with self._storage.reading() as read:
                    found = await read.inventory.page(page)
                outcomes |= {item.token.id: _foreseen(item.token.revoked_at is not None) for item in found}
            else:
                async with self._storage.transaction() as tx:
                    found, held = await _hold(tx, page)
                    outcomes |= await _revoke(tx, held, actor=actor, reason=reason)
            page = _next(page, found)
        return outcomes


async def _standing(
    tx: Transaction, ids: Sequence[str], owner_id: str | None
) -> Mapping[str, tuple[str, bool]]:
    standing = await tx.inventory.standing(ids)
    return {id_: standing[id_] for id_ in ids if id_ in standing and owner_id in {None, standing[id_][0]}}


async def _hold(tx: Transaction, page: InventoryPage) -> tuple[list[InventoryItem], list[str]]:
    """The page, and of it those that are still meant once their owners are held: a token that was regenerated
    just before is not expired any more.
    """
    found = await tx.inventory.page(page)
    await tx.users.hold([item.token.owner_id for item in found])
    still = {item.token.id for item in await tx.inventory.page(page)}
    return found, [item.token.id for item in found if item.token.id in still]


def _next(page: InventoryPage, found: Sequence[InventoryItem]) -> InventoryPage | None:
    if len(found) < page.limit:
        return None
    last = found[-1].token
    return InventoryPage(which=page.which, after=(last.created_at, last.id), limit=page.limit)


def _foreseen(revoked: bool) -> Outcome:
    return Outcome.ALREADY_REVOKED if revoked else Outcome.REVOKED


async def _revoke(tx: Transaction, ids: Sequence[str], *, actor: str, reason: str) -> Outcomes:
    """Revoke records whose owners this transaction holds; a row of the audit for each, also for a repeat."""
    if not ids:
        return {}
    now = await tx.now()
    revoked, changes = await tx.revocations.revoke_tokens(ids, now=now, by=actor, reason=reason)
    revision = await tx.status_lists.announce(changes, now) if changes else None
    entries = [
        AuditEntry(
            actor=actor,
            action="token.revoked" if token_id in revoked else "token.revoked_again",
            subject=f"token:{token_id}",
            detail={"reason": reason, "revision": revision, "together": len(ids)},
        )
        for token_id in ids
    ]
    await tx.audit.append(entries, now)
    return {token_id: Outcome.REVOKED if token_id in revoked else Outcome.ALREADY_REVOKED for token_id in ids}
