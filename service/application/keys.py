"""Keys of the issuer: bootstrap, rotation by the scheduler and by command, compromise, and a look at all of
them.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from keys import (
    KeyRing,
    MasterKeys,
    Plan,
    Purpose,
    RotationPolicy,
    SigningKey,
    Step,
    Transition,
    apply,
    compromise,
    fulfil,
    plan,
    rotate,
)
from service.application import lost_values
from service.application.clock_mark import demand_clock
from service.application.current import Current
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.errors import RecoveryNeeded, WrongState
from service.domain.identifiers import Randomness
from service.domain.key_damage import KeyDamage
from service.domain.token import StatusChange

Planning = Callable[[KeyRing, int, Mapping[str, int]], Plan]
"""(ring, now, latest exp by kid) -> what is to happen."""


class KeysChangedMeanwhile(WrongState):
    """Another replica or person changed the keys first: look again."""

    code = "keys_changed"


@dataclass(frozen=True, slots=True)
class KeyListing:
    """A key with how many live values it signed."""

    key: SigningKey
    live_tokens: int


@dataclass(frozen=True, slots=True)
class KeysChanged:
    """What happened to which key, how many values were revoked by it, and who is hit."""

    transitions: tuple[Transition, ...]
    revoked: int = 0
    damage: KeyDamage = field(default_factory=KeyDamage)


class KeyRoom:
    """Carries plans out: keys are made outside the transaction, the ring is compared and set inside."""

    def __init__(
        self, storage: Storage, current: Current, masters: MasterKeys | None, *, randomness: Randomness
    ) -> None:
        self._storage = storage
        self._current = current
        self.masters = masters
        self._randomness = randomness

    @property
    def is_behind(self) -> bool:
        return bool(self._current.behind)

    async def carry_out(self, planning: Planning, *, actor: str, reason: str | None = None) -> KeysChanged:
        """Plan on the present ring, make the keys it asks for, and store the ring that follows.

        Raises:
            KeysChangedMeanwhile: another came first; nothing was changed.
            KeyFailure: what the planning refuses.
        """
        async with self._storage.reading() as read:
            ring, now, live = await read.keys.load(), await read.now(), await read.keys.latest_exp_by_kid()
        transitions = await self._make(planning(ring, now, live))
        if not transitions:
            return KeysChanged(())
        async with self._storage.transaction() as tx:
            if await tx.keys.lock() != ring.version:
                raise KeysChangedMeanwhile("another change of the keys came first")
            now = await tx.now()  # keys take time to make: what happens to them happens now
            if not _lost(transitions):
                await demand_clock(tx, now)  # a compromise waits for no clock
            if not await tx.keys.store(apply(ring, transitions, now=now), expected_version=ring.version):
                raise KeysChangedMeanwhile("another change of the keys came first")
            changes = await self._revoke(tx, transitions, now=now, actor=actor)
            await tx.audit.append([_entry(transition, actor, reason) for transition in transitions], now)
        await self._current.reload(self._storage)
        rest = [await self.end_values(kid, actor=actor) for kid in _lost(transitions)]
        return KeysChanged(transitions, revoked=len(changes) + sum(rest))

    async def end_values(self, kid: str, *, actor: str) -> int:
        """End what a compromised key signed, as far as that is not done; answers how many values were ended."""
        return await lost_values.end_lost_values(self._storage, kid, by=actor)

    async def end_what_was_left(self) -> None:
        """Go on where a process fell over after a compromise."""
        async with self._storage.reading() as read:
            left = await read.keys.lost_with_live_values()
        for kid in left:
            await self.end_values(kid, actor="scheduler")

    async def _make(self, planned: Plan) -> tuple[Transition, ...]:
        if self.masters is None:
            return ()  # verify-only: every planning but an empty one was refused
        return await asyncio.to_thread(fulfil, planned, self.masters, randomness=self._randomness)

    async def _revoke(
        self, tx: Transaction, transitions: tuple[Transition, ...], *, now: int, actor: str
    ) -> list[StatusChange]:
        """The first portion of what compromised keys signed; where there is more, all lists are signed anew."""
        changes: list[StatusChange] = []
        for kid in _lost(transitions):
            changes += await tx.revocations.revoke_kid(
                kid, now=now, by=actor, reason="key_compromised", limit=lost_values.PORTION
            )
        if changes:
            await tx.status_lists.announce(changes, now)
        if _lost(transitions):  # every reader of lists learns at once that there is another key set (R44)
            await tx.status_lists.sign_anew()
        return changes


class RotateKeys:
    def __init__(self, room: KeyRoom, policy: RotationPolicy) -> None:
        self._room = room
        self._policy = policy

    async def __call__(self, *, purpose: Purpose, actor: str) -> KeysChanged:
        """The next key signs from now on.

        Raises:
            RecoveryNeeded: the database is behind.
            RotationRefused: it was not published long enough, or too many keys are.
            KeysChangedMeanwhile: another change came first.
        """

        def planning(ring: KeyRing, now: int, live: Mapping[str, int]) -> Plan:
            return rotate(ring, self._policy, now, purpose=purpose, live=live, masters=self._room.masters)

        if self._room.is_behind:
            raise RecoveryNeeded("the database is older than what was published; run: safeconduct recover")
        return await self._room.carry_out(planning, actor=actor)

    async def when_due(self) -> KeysChanged:
        """What the scheduler does at every replica: bootstrap, then whatever is due; a lost race is no
        failure. Nothing while the database is behind.
        """

        def planning(ring: KeyRing, now: int, live: Mapping[str, int]) -> Plan:
            return plan(ring, self._policy, now, live=live, masters=self._room.masters)

        if self._room.is_behind:
            return KeysChanged(())
        await self._room.end_what_was_left()
        try:
            return await self._room.carry_out(planning, actor="scheduler")
        except KeysChangedMeanwhile:
            return KeysChanged(())


class CompromiseKey:
    def __init__(self, storage: Storage, room: KeyRoom, policy: RotationPolicy) -> None:
        self._storage = storage
        self._room = room
        self._policy = policy

    async def __call__(self, kid: str, *, reason: str, actor: str, dry_run: bool = False) -> KeysChanged:
        """End a key and everything it signed; the next key signs at once.

        From the first commit on nothing that it signed is honoured; a great many values are then written down as
        revoked in portions. With `dry_run` only the number of values that would be revoked is answered, and who would
        be hit.

        Raises:
            KeyNotFound: no such key.
            KeysChangedMeanwhile: another change came first.
            StorageUnavailable, OutcomeUnknown: some of it may not be written down yet; housekeeping will, or ask
                again.
        """
        if dry_run:
            async with self._storage.reading() as read:
                (await read.keys.load()).by_kid(kid)
                live = (await read.keys.live_by_kid()).get(kid, 0)
                return KeysChanged((), revoked=live, damage=await read.key_damage.of(kid))

        def planning(ring: KeyRing, now: int, _live: Mapping[str, int]) -> Plan:
            return compromise(ring, self._policy, now, {kid}, reason=reason, masters=self._room.masters)

        changed = await self._room.carry_out(planning, actor=actor, reason=reason)
        if not changed.transitions:
            await self._note_repeat(kid, actor, reason)
            changed = KeysChanged((), revoked=await self._room.end_values(kid, actor=actor))
        async with self._storage.reading() as read:
            return replace(changed, damage=await read.key_damage.of(kid))

    async def _note_repeat(self, kid: str, actor: str, reason: str) -> None:
        """A repeat writes as well, so that its commit waits for the same durability as the first (threats 8)."""
        async with self._storage.transaction() as tx:
            entry = AuditEntry(
                actor=actor,
                action="key.compromised_again",
                subject=f"key:{kid}",
                detail={"reason": reason},
            )
            await tx.audit.append([entry], await tx.now())


class ListKeys:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self) -> list[KeyListing]:
        """Every key there ever was, the newest first."""
        async with self._storage.reading() as read:
            ring, live = await read.keys.load(), await read.keys.live_by_kid()
        keys = sorted(ring.keys, key=lambda key: (key.purpose, -key.created_at, key.kid))
        return [KeyListing(key, live.get(key.kid, 0)) for key in keys]


def _entry(transition: Transition, actor: str, reason: str | None) -> AuditEntry:
    detail = {"step": transition.step} | ({"reason": reason} if reason else {})
    return AuditEntry(
        actor=actor, action=f"key.{transition.step}", subject=f"key:{transition.kid}", detail=detail
    )


def _lost(transitions: tuple[Transition, ...]) -> list[str]:
    """The keys that are compromised by them."""
    return [transition.kid for transition in transitions if transition.step is Step.COMPROMISE]
