"""Commands for bad days. Neither waits for verifiers: a key that signs at once is marked `bootstrap`."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from keys.errors import IllegalTransition, VerifyOnly
from keys.master_keys import MasterKeys
from keys.policy import RotationPolicy
from keys.private_part import open_private, require_open
from keys.ring import KeyRing
from keys.signing_key import LEGAL, KeyState, Purpose, SigningKey
from keys.transition import NewKey, Plan, Step, Transition


def compromise(
    ring: KeyRing,
    policy: RotationPolicy,
    now: int,
    kids: AbstractSet[str],
    *,
    reason: str,
    masters: MasterKeys | None,
) -> Plan:
    """End the keys *kids*: private part destroyed, out of the JWKS, nothing of theirs is believed again.

    Where the active key was among them, the next key that verifiers have known longest signs at once; where
    that one was too, a fresh one does. Name all suspected keys in one call, so that none of them becomes
    active. Keys that are compromised already keep their first time and reason.

    Raises:
        KeyNotFound: a kid that the ring does not hold.
        IllegalTransition: a removed key.
        VerifyOnly: a private part does not open; nothing may change (K22).
    """
    require_open(ring, masters)
    named = [ring.by_kid(kid) for kid in sorted(kids)]
    ending = [key for key in named if key.state is not KeyState.COMPROMISED]
    for key in ending:
        if KeyState.COMPROMISED not in LEGAL[key.state]:
            raise IllegalTransition(f"{key.kid}: {key.state}, it verifies nothing any more")
    return (
        *(Transition(step=Step.COMPROMISE, kid=key.kid, at=now, reason=reason) for key in ending),
        *_replacements(ring, policy, now, ending),
    )


def replace_unopenable(ring: KeyRing, policy: RotationPolicy, now: int, *, masters: MasterKeys) -> Plan:
    """Give up the private parts that do not open under *masters*: what they signed goes on verifying.

    The answer to a lost master key or a damaged row, and to nothing else: a private part is gone for good.
    The keys retire, and others sign at once in their place.
    """
    shut = [key for key in ring.keys if key.sealed_private is not None and not _opens(key, masters)]
    return (
        *(step for key in shut for step in _given_up(key, now)),
        *_replacements(ring, policy, now, shut),
    )


def _opens(key: SigningKey, masters: MasterKeys) -> bool:
    try:
        open_private(key, masters)
    except VerifyOnly:
        return False
    return True


def _given_up(key: SigningKey, now: int) -> Iterator[Transition]:
    if key.state is not KeyState.RETIRED:
        yield Transition(step=Step.RETIRE, kid=key.kid, at=now)
    yield Transition(step=Step.DESTROY_PRIVATE, kid=key.kid, at=now)


def _replacements(
    ring: KeyRing, policy: RotationPolicy, now: int, ending: list[SigningKey]
) -> Iterator[Transition | NewKey]:
    for purpose in Purpose:
        gone = {key.kid for key in ending if key.purpose is purpose}
        waiting = [key for key in ring.of(purpose, KeyState.NEXT) if key.kid not in gone]
        if gone & {key.kid for key in ring.of(purpose, KeyState.ACTIVE)}:
            yield _sign_at_once(waiting.pop(0) if waiting else None, policy, now, purpose)
        if gone and not waiting:
            yield NewKey(purpose=purpose, algorithm=policy.algorithm, at=now)


def _sign_at_once(
    successor: SigningKey | None, policy: RotationPolicy, now: int, purpose: Purpose
) -> Transition | NewKey:
    if successor is None:
        return NewKey(purpose=purpose, algorithm=policy.algorithm, at=now, active=True)
    unknown = now < successor.published_at + policy.prepublication
    return Transition(step=Step.ACTIVATE, kid=successor.kid, at=now, bootstrap=unknown)
