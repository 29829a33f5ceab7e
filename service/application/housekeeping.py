"""What happens by itself: following the database, ending what has ended, rotating keys."""

import asyncio
from functools import partial

import structlog

from service.application.absence import PauseAbsent
from service.application.add_factor import SET_UP_WITHIN
from service.application.beats import Beats
from service.application.current import Current
from service.application.history import History
from service.application.keys import RotateKeys
from service.application.overlaps import Overlaps
from service.application.ports import Storage
from service.application.publication import Notes
from service.application.publication_ports import Announcer
from service.application.record_uses import RecordUses
from service.application.sightings import Sightings
from service.application.spent_lists import RemoveSpent
from service.application.status_lists import StatusListTokens
from service.domain.audit import AuditEntry

log = structlog.get_logger("housekeeping")

FOLLOW_EVERY = 1.0
SETTLE = 0.05
"""Seconds from news to following them: what is pushed goes first, and what comes together is signed together."""
ROTATE_EVERY = 60.0
SWEEP_EVERY = 60.0
ABSENT_EVERY = 60.0
RETIRE_EVERY = 3_600.0
USES_EVERY = 3.0
FORGET_EVERY = 3_600.0
CHUNK = 1_000
REPLACED_KEPT = 90 * 86_400
"""Seconds for which the use of a replaced short reference is told from a stranger's text."""


class Housekeeping:
    """Small jobs, each on its own beat."""

    def __init__(
        self,
        storage: Storage,
        current: Current,
        status_lists: StatusListTokens,
        rotate_keys: RotateKeys,
        announcer: Announcer,
        remove_spent: RemoveSpent,
        sightings: Sightings,
        record_uses: RecordUses,
        notes: Notes,
        history: History,
        pause_absent: PauseAbsent,
        *,
        usage_kept: int,
    ) -> None:
        """`usage_kept` is for how many seconds it is known from where and how tokens were used."""
        self._storage = storage
        self._current = current
        self._status_lists = status_lists
        self._rotate_keys = rotate_keys
        self._remove_spent = remove_spent
        self._overlaps = Overlaps(storage, sightings)
        self._record_uses = record_uses
        self._notes = notes
        self._history = history
        self._pause_absent = pause_absent
        self._usage_kept = usage_kept
        self._news = announcer.listener()
        self._beat = Beats("housekeeping")

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as beats:
            beats.create_task(self._beat("follow", self.follow, self._rest))
            beats.create_task(self._beat("rotate", self.rotate, partial(asyncio.sleep, ROTATE_EVERY)))
            beats.create_task(self._beat("sweep", self.sweep, partial(asyncio.sleep, SWEEP_EVERY)))
            beats.create_task(self._beat("retire", self.retire, partial(asyncio.sleep, RETIRE_EVERY)))
            beats.create_task(self._beat("absent", self._pause_absent, partial(asyncio.sleep, ABSENT_EVERY)))
            beats.create_task(self._beat("uses", self._record_uses, partial(asyncio.sleep, USES_EVERY)))
            beats.create_task(self._beat("forget", self.forget, partial(asyncio.sleep, FORGET_EVERY)))

    async def _rest(self) -> None:
        await self._news.wait(FOLLOW_EVERY)
        await asyncio.sleep(SETTLE)

    async def follow(self) -> None:
        """Reload what moved, end values whose shortened time or overlap is over, write down what was published,
        sign lists anew.
        """
        await self._current.reload(self._storage)
        await self._history.follow()
        await self.end_what_has_ended()
        await self._notes.write()
        await self._overlaps.follow()
        await self._status_lists.follow()

    async def end_what_has_ended(self) -> int:
        """Revoke what the service ends before its `exp`; the truth query honoured the time already."""
        async with self._storage.transaction() as tx:
            now = await tx.now()
            changes = await tx.revocations.revoke_ended(now=now, limit=CHUNK)
            if changes:
                await tx.status_lists.announce(changes, now)
                entry = AuditEntry(
                    actor="housekeeping",
                    action="token.ended",
                    subject="tokens",
                    detail={"values": len(changes)},
                )
                await tx.audit.append([entry], now)
        return len(changes)

    async def rotate(self) -> None:
        """Whatever is due for the keys."""
        changed = await self._rotate_keys.when_due()
        for transition in changed.transitions:
            log.info("key", step=transition.step, kid=transition.kid)

    async def sweep(self) -> None:
        """Remove what counts no more: failed sign-ins, known origins, idempotency keys, awaited uses, short tokens,
        replaced references, used assertions and challenges, second factors that were never finished.
        """
        swept = CHUNK
        while swept == CHUNK:
            async with self._storage.transaction() as tx:
                now = await tx.now()
                swept = await tx.sign_in_counts.sweep(now, CHUNK)
                await tx.known_origins.sweep(now)
                await tx.second_factors.sweep(now, unconfirmed_before=now - SET_UP_WITHIN)
                await tx.overlaps.forget(now=now)
                swept = max(
                    swept,
                    await tx.idempotency.forget(now=now, limit=CHUNK),
                    await tx.short_tokens.forget(now=now, limit=CHUNK),
                    await tx.references.forget(before=now - REPLACED_KEPT, limit=CHUNK),
                    await tx.clients.forget_assertions(now=now, limit=CHUNK),
                )

    async def retire(self) -> None:
        """End the publication of lists that are used up; drop old values and changes."""
        for list_id in await self._remove_spent():
            log.info("status_list_retired", list_id=list_id)

    async def forget(self) -> None:
        """Drop what is known of uses for longer than it may be."""
        async with self._storage.transaction() as tx:
            await tx.usage.forget(before=await tx.now() - self._usage_kept)

    async def finish(self) -> None:
        """Write what still waits, once nothing is served any more."""
        await self._beat.once("uses", self._record_uses)
