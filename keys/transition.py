"""From one version of a ring to the next: what is planned, the keys it asks for, and the ring it leads to."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from keys.errors import IllegalTransition
from keys.master_keys import MasterKeys
from keys.private_part import create_key
from keys.ring import KeyRing
from keys.sealing import Randomness
from keys.signing_key import KeyState, Purpose, SigningKey


class Step(StrEnum):
    """What happens to one key: the audit's word for it."""

    PUBLISH = "publish"
    ACTIVATE = "activate"
    RETIRE = "retire"
    DESTROY_PRIVATE = "destroy_private"
    REMOVE = "remove"
    COMPROMISE = "compromise"
    REWRAP = "rewrap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step of one key, planned at POSIX second `at`.

    `key` is the key to publish, or the key as rewrapped; otherwise None. `bootstrap` belongs to an activation
    that does not wait for verifiers, `reason` to a compromise.
    """

    step: Step
    kid: str
    at: int
    key: SigningKey | None = None
    bootstrap: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that the plan needs made. `active`: it signs at once, known to no verifier."""

    purpose: Purpose
    algorithm: str
    at: int
    active: bool = False


Plan = tuple[Transition | NewKey, ...]
"""What is to happen, in order. Empty: nothing is due."""


def fulfil(
    plan: Plan, masters: MasterKeys, *, randomness: Randomness = secrets.token_bytes
) -> tuple[Transition, ...]:
    """The plan with its new keys made. RSA keys take up to a second each: call it in a thread."""
    return tuple(step for part in plan for step in _fulfilled(part, masters, randomness))


def apply(ring: KeyRing, transitions: Iterable[Transition], *, now: int | None = None) -> KeyRing:
    """The ring one version later, its changes dated *now*; None: when they were planned.

    Keys take time to make. Whoever stores the ring says when that is, by the clock that gives tokens their
    `iat` and under the lock that issuing takes: a token of the meantime would otherwise be younger than its
    key's retirement (K6), and a next key published for a shorter time than it says (K5).

    Raises:
        IllegalTransition: a step contradicts the ring, as when the plan was made for another version.
        IllegalKey: the ring would have two active keys of one purpose.
    """
    keys = {key.kid: key for key in ring.keys}
    for transition in transitions:
        dated = transition if now is None else replace(transition, at=now)
        keys[transition.kid] = _after(keys.get(transition.kid), dated)
    return KeyRing(ring.version + 1, keys.values())


def _fulfilled(
    part: Transition | NewKey, masters: MasterKeys, randomness: Randomness
) -> Iterator[Transition]:
    if isinstance(part, Transition):
        yield part
        return
    key = create_key(part.purpose, part.algorithm, part.at, masters, randomness=randomness)
    yield Transition(step=Step.PUBLISH, kid=key.kid, at=part.at, key=key)
    if part.active:
        yield Transition(step=Step.ACTIVATE, kid=key.kid, at=part.at, bootstrap=True)


def _after(before: SigningKey | None, transition: Transition) -> SigningKey:
    if (before is None) != (transition.step is Step.PUBLISH):
        raise IllegalTransition(
            f"{transition.kid}: {transition.step}, {'unknown' if before is None else 'known'} kid"
        )
    return _STEPS[transition.step](before or _given(transition), transition)


def _given(transition: Transition) -> SigningKey:
    if transition.key is None or transition.key.kid != transition.kid:
        raise IllegalTransition(f"{transition.kid}: {transition.step} without its key")
    return transition.key


def _published(key: SigningKey, transition: Transition) -> SigningKey:
    if key.state is not KeyState.NEXT:
        raise IllegalTransition(f"{key.kid}: a key enters the ring as next, not as {key.state}")
    return replace(key, published_at=transition.at)


def _rewrapped(key: SigningKey, transition: Transition) -> SigningKey:
    given = _given(transition)
    return replace(key, sealed_private=given.sealed_private, master_id=given.master_id)


_STEPS: Mapping[Step, Callable[[SigningKey, Transition], SigningKey]] = MappingProxyType(
    {
        Step.PUBLISH: _published,
        Step.ACTIVATE: lambda key, step: key.activated(step.at, bootstrap=step.bootstrap),
        Step.RETIRE: lambda key, step: key.retired(step.at),
        Step.DESTROY_PRIVATE: lambda key, step: key.without_private(step.at),
        Step.REMOVE: lambda key, step: key.removed(step.at),
        Step.COMPROMISE: lambda key, step: key.compromised(step.at),
        Step.REWRAP: _rewrapped,
    }
)
