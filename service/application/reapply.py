"""Revoke again what lists of ours called revoked and the database has forgotten."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.application.history_ports import PlaceOfValue
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.history import KeptList, Lost, lost
from service.domain.token import StatusChange

CHUNK = 500
REASON = "recovered"


@dataclass(frozen=True, slots=True)
class Reapplied:
    """`waiting` values were too many to be revoked without being asked; `paused` ones stay as the database has them."""

    revoked: int = 0
    waiting: int = 0
    paused: int = 0


class Reapply:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(
        self, kept: Mapping[str, KeptList], *, actor: str, most: int | None = None, dry_run: bool = False
    ) -> Reapplied:
        """A record ends where its current value had been revoked, otherwise the value alone. Nothing is done where
        more than `most` values would be revoked.
        """
        found: list[PlaceOfValue] = []
        paused = 0
        for list_id, each in kept.items():
            gone, places = await self._look(list_id, each)
            found += [place for place in places if place.idx in gone.revoked]
            paused += sum(place.idx in gone.paused for place in places)
        if dry_run or (most is not None and len(found) > most):
            return Reapplied(waiting=len(found), paused=paused)
        revoked = 0
        for start in range(0, len(found), CHUNK):
            revoked += await self._revoke(found[start : start + CHUNK], actor)
        return Reapplied(revoked=revoked, paused=paused)

    async def _look(self, list_id: str, kept: KeptList) -> tuple[Lost, Sequence[PlaceOfValue]]:
        async with self._storage.snapshot() as snap:
            snapshot = await snap.status_lists.snapshot(list_id)
            if snapshot is None:
                return Lost(frozenset(), frozenset()), ()
            gone = await asyncio.to_thread(lost, kept.statuses, snapshot.statuses())
            places = await snap.recovery.unrevoked(list_id) if any(gone) else ()
        return gone, places

    async def _revoke(self, places: Sequence[PlaceOfValue], actor: str) -> int:
        async with self._storage.transaction() as tx:
            await tx.users.hold(sorted({place.owner_id for place in places}))
            await tx.keys.lock()
            now = await tx.now()
            changes = await self._end(tx, places, now, actor)
            if changes:
                revision = await tx.status_lists.announce(changes, now)
                detail = {"values": len(changes), "revision": revision}
                entry = AuditEntry(actor=actor, action="database.healed", subject="database", detail=detail)
                await tx.audit.append([entry], now)
        return len(changes)

    @staticmethod
    async def _end(
        tx: Transaction, places: Sequence[PlaceOfValue], now: int, actor: str
    ) -> list[StatusChange]:
        records = sorted({place.token_id for place in places if place.jti == place.current_jti})
        _, changes = await tx.revocations.revoke_tokens(records, now=now, by=actor, reason=REASON)
        values = {place.token_id: {place.jti for place in places} for place in places}
        for token_id in sorted(values.keys() - set(records)):
            live = {value.jti for value in await tx.tokens.live_values(token_id)}
            changes += await tx.revocations.revoke_values(token_id, now=now, but=live - values[token_id])
        return changes
