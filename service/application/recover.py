"""After a restore, or a failover that lost something: begin a new history that takes nothing back (threats 7)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from service.application.history import History
from service.application.ports import Storage, Transaction
from service.application.reapply import Reapplied, Reapply
from service.domain.audit import AuditEntry
from service.domain.history import Heads
from service.domain.permutation import CAPACITY

_LIFTED: Final = ("key_set", "revision", "catalogue", "client")
"""Counters that others compare with what they have seen: they go on above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """`lost` is by how much each counter was behind; what was done under them is gone but for the revocations.

    `lists` were closed: an index of theirs without a live token refuses; `found_again` of them the database had
    forgotten. With a dry run this is what would be done.
    """

    epoch: int
    lost: Mapping[str, int]
    revoked: int
    paused: int
    lists: int
    found_again: int
    sessions: int


class Recover:
    def __init__(self, storage: Storage, history: History, *, seen: Heads) -> None:
        self._storage = storage
        self._history = history
        self._seen = seen

    async def __call__(self, *, actor: str, dry_run: bool = False) -> Recovered:
        """Revoke again what our lists call revoked, close all lists, end all sessions, and open a new epoch.

        To be run after every restore, also where nothing has noticed it.

        Raises:
            StorageUnavailable, OutcomeUnknown: run it again; what was done stays done.
        """
        reapplied = await Reapply(self._storage)(self._history.kept, actor=actor, dry_run=dry_run)
        if dry_run:
            async with self._storage.reading() as read:
                heads, there = await read.heads(), await read.status_lists.all()
                forgotten = await self._forgotten(read)
            return self._told(heads, reapplied, lists=len(there), found_again=len(forgotten), sessions=0)
        async with self._storage.transaction() as tx:
            return await self._begin(tx, reapplied, actor)

    async def _begin(self, tx: Transaction, reapplied: Reapplied, actor: str) -> Recovered:
        now = await tx.now()
        await tx.keys.lock()
        heads = await tx.heads()
        sessions = await tx.recovery.end_sessions(now)
        there, forgotten = await tx.status_lists.all(), await self._forgotten(tx)
        await self._close_lists(tx, heads, forgotten, now)
        for name in _LIFTED:
            await tx.recovery.lift(name, self._furthest(heads, name) + 1)
        await tx.status_lists.sign_anew()
        told = self._told(heads, reapplied, lists=len(there), found_again=len(forgotten), sessions=sessions)
        await tx.recovery.lift("epoch", told.epoch)
        await tx.recovery.done()
        entry = AuditEntry(actor=actor, action="database.recovered", subject="database", detail=asdict(told))
        await tx.audit.append([entry], now)
        return told

    async def _close_lists(self, tx: Transaction, heads: Heads, forgotten: list[str], now: int) -> None:
        """No index that may have been handed out is handed out again; forgotten lists come back without a live one."""
        free = await tx.recovery.last_position() + 1
        for position, list_id in enumerate(forgotten, free):
            await tx.recovery.add_list(list_id, position, now)
        used = -(-self._furthest(heads, "index") // CAPACITY)
        await tx.recovery.lift("index", CAPACITY * max(used, free + len(forgotten)))

    async def _forgotten(self, tx: Transaction) -> list[str]:
        """Lists that were published, and are not there."""
        return [each for each in sorted(self._history.kept) if await tx.status_lists.head(each) is None]

    def _furthest(self, heads: Heads, name: str) -> int:
        return max(heads[name], self._seen.get(name, 0))

    def _told(
        self, heads: Heads, reapplied: Reapplied, *, lists: int, found_again: int, sessions: int
    ) -> Recovered:
        lost = {name: value - heads.get(name, 0) for name, value in self._seen.items()}
        return Recovered(
            epoch=self._furthest(heads, "epoch") + 1,
            lost={name: count for name, count in sorted(lost.items()) if count > 0},
            revoked=reapplied.revoked + reapplied.waiting,
            paused=reapplied.paused,
            lists=lists,
            found_again=found_again,
            sessions=sessions,
        )
