"""Which steps are due. Pure: the same ring, policy, time and tokens give the same plan at every replica."""

from collections.abc import Iterable, Iterator, Mapping

from keys.errors import NextKeyTooYoung, Pin, TooManyKeys
from keys.master_keys import MasterKeys
from keys.policy import MAX_PUBLISHED, RotationPolicy
from keys.private_part import require_open, rewrapped
from keys.ring import KeyRing
from keys.signing_key import KeyState, Purpose, SigningKey
from keys.transition import NewKey, Plan, Step, Transition

LatestExp = Mapping[str, int]
"""For each kid the latest `exp` of its values that are not revoked, expired ones included."""


def plan(
    ring: KeyRing, policy: RotationPolicy, now: int, *, live: LatestExp, masters: MasterKeys | None
) -> Plan:
    """What is due at *now*, the scheduler's question; safe to ask at any time, at any replica.

    A purpose without any key gets an active one, known to no verifier, and its next. Afterwards: there is
    always a next key; it becomes active when the active one has served its time, or is of another algorithm
    than the policy's, and verifiers have known it long enough; a retired key loses its private part after the
    drain and leaves once no token needs it. Beyond MAX_PUBLISHED keys nothing rotates: see `pins`.

    Raises:
        VerifyOnly: a private part does not open; nothing may change (K22).
        NoActiveKey: a purpose has keys but none that signs, which no sequence of plans leads to.
    """
    require_open(ring, masters)
    parts: list[Transition | NewKey] = []
    for purpose in Purpose:
        room = MAX_PUBLISHED - len(ring.published()) - sum(isinstance(part, NewKey) for part in parts)
        parts.extend(_due(ring, policy, now, purpose, room=room))
        for key in ring.of(purpose, KeyState.RETIRED):
            parts.extend(_leaving(key, policy, now, live))
    return tuple(parts)


def rotate(
    ring: KeyRing,
    policy: RotationPolicy,
    now: int,
    *,
    purpose: Purpose,
    live: LatestExp,
    masters: MasterKeys | None,
) -> Plan:
    """Make the next key of *purpose* active now, whatever the age of the active one.

    Nothing shortens the prepublication here: a key that must go at once is compromised, not rotated.

    Raises:
        NextKeyTooYoung: with the time from which it would do.
        TooManyKeys: with what pins the retired ones.
        VerifyOnly: a private part does not open; nothing may change (K22).
        NoActiveKey: never bootstrapped.
    """
    require_open(ring, masters)
    active = ring.active(purpose)
    candidates = _of_algorithm(ring.of(purpose, KeyState.NEXT), policy.algorithm)
    ready_at = (candidates[0].published_at if candidates else now) + policy.prepublication
    if now < ready_at:
        raise NextKeyTooYoung(purpose, ready_at)
    if len(ring.published()) >= MAX_PUBLISHED:
        raise TooManyKeys(len(ring.published()), pins(ring, live))
    return (
        *_succession(active, candidates[0], now),
        *_reserve(ring, policy, now, purpose, besides=candidates[0], room=1),
    )


def rewrap(ring: KeyRing, now: int, masters: MasterKeys) -> Plan:
    """Seal anew what is sealed under earlier master keys. Each step may be carried out by itself.

    Raises:
        VerifyOnly: a private part does not open; nothing may change.
    """
    return tuple(
        Transition(step=Step.REWRAP, kid=key.kid, at=now, key=rewrapped(key, masters))
        for key in ring.keys
        if key.master_id not in {None, masters.current.master_id}
    )


def pins(ring: KeyRing, live: LatestExp) -> tuple[Pin, ...]:
    """What keeps each retired key published, the key that retired first first."""
    found = (
        Pin(kid=key.kid, retired_at=key.retired_at, latest_exp=live.get(key.kid))
        for key in ring.published()
        if key.retired_at is not None
    )
    return tuple(sorted(found, key=lambda pin: (pin.retired_at, pin.kid)))


def _due(
    ring: KeyRing, policy: RotationPolicy, now: int, purpose: Purpose, *, room: int
) -> Iterator[Transition | NewKey]:
    if not ring.of(purpose):
        yield NewKey(purpose=purpose, algorithm=policy.algorithm, at=now, active=True)
        yield NewKey(purpose=purpose, algorithm=policy.algorithm, at=now)
        return
    active = ring.active(purpose)
    successor = None
    if room > 0 and _has_served(active, policy, now):
        successor = next(iter(_ready(ring.of(purpose, KeyState.NEXT), policy, now)), None)
    if successor is not None:
        yield from _succession(active, successor, now)
    yield from _reserve(ring, policy, now, purpose, besides=successor, room=room)


def _has_served(active: SigningKey, policy: RotationPolicy, now: int) -> bool:
    signs_since = active.activated_at or active.published_at
    return active.algorithm != policy.algorithm or now >= signs_since + policy.rotation_period


def _succession(active: SigningKey, successor: SigningKey, now: int) -> Iterator[Transition]:
    yield Transition(step=Step.RETIRE, kid=active.kid, at=now)
    yield Transition(step=Step.ACTIVATE, kid=successor.kid, at=now)


def _reserve(
    ring: KeyRing,
    policy: RotationPolicy,
    now: int,
    purpose: Purpose,
    *,
    besides: SigningKey | None,
    room: int,
) -> Iterator[Transition | NewKey]:
    """There is always a next key; one of another algorithm stays until one of the policy's is ready."""
    waiting = [key for key in ring.of(purpose, KeyState.NEXT) if key is not besides]
    if not _of_algorithm(waiting, policy.algorithm) and (room > 0 or not waiting):
        yield NewKey(purpose=purpose, algorithm=policy.algorithm, at=now)
    if _ready(waiting, policy, now):
        superseded = (key for key in waiting if key.algorithm != policy.algorithm)
        yield from (Transition(step=Step.RETIRE, kid=key.kid, at=now) for key in superseded)


def _leaving(key: SigningKey, policy: RotationPolicy, now: int, live: LatestExp) -> Iterator[Transition]:
    retired_at = key.retired_at or key.published_at
    if now < retired_at + policy.drain:
        return
    if key.sealed_private is not None:
        yield Transition(step=Step.DESTROY_PRIVATE, kid=key.kid, at=now)
    if now >= _needed_until(key, retired_at, policy, live):
        yield Transition(step=Step.REMOVE, kid=key.kid, at=now)


def _needed_until(key: SigningKey, retired_at: int, policy: RotationPolicy, live: LatestExp) -> int:
    if key.purpose is Purpose.STATUS_LIST:
        return retired_at + policy.status_list_exp + policy.leeway
    return max(retired_at, live.get(key.kid, 0)) + policy.leeway + policy.jwks_max_age


def _of_algorithm(keys: Iterable[SigningKey], name: str) -> list[SigningKey]:
    return [key for key in keys if key.algorithm == name]


def _ready(keys: Iterable[SigningKey], policy: RotationPolicy, now: int) -> list[SigningKey]:
    fit = _of_algorithm(keys, policy.algorithm)
    return [key for key in fit if now >= key.published_at + policy.prepublication]
