"""Rings and keys for the tests of this folder, made by the very functions under test."""

from collections.abc import Mapping

from keys import (
    KeyRing,
    MasterKey,
    MasterKeys,
    Plan,
    Purpose,
    RotationPolicy,
    SigningKey,
    apply,
    create_key,
    fulfil,
    plan,
    rotate,
)

DAY = 86_400
NOW = 1_800_000_000
POLICY = RotationPolicy()
MASTERS = MasterKeys(MasterKey(b"m" * 32))
OTHERS = MasterKeys(MasterKey(b"o" * 32))
ACCESS, STATUS = Purpose.ACCESS_TOKEN, Purpose.STATUS_LIST


def a_key(
    purpose: Purpose = ACCESS, algorithm: str = "ES256", now: int = NOW, masters: MasterKeys = MASTERS
) -> SigningKey:
    """A next key."""
    return create_key(purpose, algorithm, now, masters)


def after(ring: KeyRing, planned: Plan, masters: MasterKeys = MASTERS) -> KeyRing:
    """The ring once the plan is carried out."""
    return apply(ring, fulfil(planned, masters))


def bootstrapped(now: int = NOW, policy: RotationPolicy = POLICY) -> KeyRing:
    """A ring with an active and a next key per purpose."""
    return after(KeyRing(0), plan(KeyRing(0), policy, now, live={}, masters=MASTERS))


def planned(
    ring: KeyRing, now: int, policy: RotationPolicy = POLICY, live: Mapping[str, int] | None = None
) -> KeyRing:
    """The ring after the scheduler came by."""
    return after(ring, plan(ring, policy, now, live=live or {}, masters=MASTERS))


def rotated(ring: KeyRing, now: int, purpose: Purpose = ACCESS) -> KeyRing:
    """The ring after a rotation by command."""
    return after(ring, rotate(ring, POLICY, now, purpose=purpose, live={}, masters=MASTERS))
