"""A signing key and its life: next, active, retired, removed; compromised from any but removed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from safeconduct.jwks import KeyPurpose

from keys.algorithms import algorithm
from keys.errors import IllegalKey, IllegalTransition
from keys.thumbprint import thumbprint

Purpose = KeyPurpose
"""What a key may sign. One key serves one purpose."""


class KeyState(StrEnum):
    """Published: next, active, retired. Signs: active. Verifies: active and retired."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    REMOVED = "removed"
    COMPROMISED = "compromised"


LEGAL: Mapping[KeyState, frozenset[KeyState]] = MappingProxyType(
    {
        KeyState.NEXT: frozenset({KeyState.ACTIVE, KeyState.RETIRED, KeyState.COMPROMISED}),
        KeyState.ACTIVE: frozenset({KeyState.RETIRED, KeyState.COMPROMISED}),
        KeyState.RETIRED: frozenset({KeyState.REMOVED, KeyState.COMPROMISED}),
        KeyState.REMOVED: frozenset(),
        KeyState.COMPROMISED: frozenset(),
    }
)
"""From each state the states it may turn into. A next key that will never sign (another algorithm was chosen,
its private part is lost) retires unused.
"""

# Of each state's times: those that are there, and those that may be. All others are absent.
_TIMES: Mapping[KeyState, tuple[frozenset[str], frozenset[str]]] = {
    KeyState.NEXT: (frozenset(), frozenset()),
    KeyState.ACTIVE: (frozenset({"activated_at"}), frozenset()),
    KeyState.RETIRED: (frozenset({"retired_at"}), frozenset({"activated_at", "private_destroyed_at"})),
    KeyState.REMOVED: (
        frozenset({"retired_at", "private_destroyed_at", "removed_at"}),
        frozenset({"activated_at"}),
    ),
    KeyState.COMPROMISED: (
        frozenset({"compromised_at", "private_destroyed_at"}),
        frozenset({"activated_at", "retired_at"}),
    ),
}
_LATER_TIMES = ("activated_at", "retired_at", "private_destroyed_at", "removed_at", "compromised_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One key in one state. Contradictions cannot be built. All times are whole POSIX seconds.

    `public_jwk` holds the members that RFC 7638 hashes to `kid`, and no others. `sealed_private` is sealed
    under the master key `master_id`; both are None exactly when the private part is destroyed. `bootstrap`
    says that the key signed before verifiers were given time to learn it: at the very first start, or in an
    emergency.

    Raises:
        IllegalKey: when built of parts that contradict each other.
        UnknownAlgorithm: when built for an algorithm we do not know.
    """

    kid: str
    purpose: Purpose
    algorithm: str
    state: KeyState
    public_jwk: Mapping[str, str] = field(hash=False)
    sealed_private: str | None = field(repr=False)
    master_id: str | None
    created_at: int
    published_at: int
    activated_at: int | None = None
    retired_at: int | None = None
    private_destroyed_at: int | None = None
    removed_at: int | None = None
    compromised_at: int | None = None
    bootstrap: bool = False

    def __post_init__(self) -> None:
        if self.public_jwk.keys() != algorithm(self.algorithm).members:
            raise IllegalKey(f"{self.kid}: not the public members of a key for {self.algorithm}")
        if self.kid != thumbprint(self.public_jwk):
            raise IllegalKey(f"{self.kid}: not the thumbprint of its public key (RFC 7638)")
        required, allowed = _TIMES[self.state]
        present = {name for name in _LATER_TIMES if getattr(self, name) is not None}
        if not required <= present <= required | allowed:
            raise IllegalKey(f"{self.kid}: {self.state} with {', '.join(sorted(present)) or 'no later time'}")
        destroyed = self.private_destroyed_at is not None
        if (self.sealed_private is None, self.master_id is None) != (destroyed, destroyed):
            raise IllegalKey(f"{self.kid}: private part and private_destroyed_at contradict each other")
        object.__setattr__(self, "public_jwk", MappingProxyType(dict(self.public_jwk)))

    def activated(self, now: int, *, bootstrap: bool) -> Self:
        """It signs; `bootstrap` when verifiers had too little time to learn it."""
        return self._become(KeyState.ACTIVE, activated_at=now, bootstrap=bootstrap)

    def retired(self, now: int) -> Self:
        """It no longer signs; it goes on verifying."""
        return self._become(KeyState.RETIRED, retired_at=now)

    def without_private(self, now: int) -> Self:
        """Retired, and its private part destroyed."""
        if self.state is not KeyState.RETIRED or self.sealed_private is None:
            raise IllegalTransition(f"{self.kid}: {self.state}, no private part to destroy")
        return replace(self, sealed_private=None, master_id=None, private_destroyed_at=now)

    def removed(self, now: int) -> Self:
        """It has left the published set for good."""
        return self._become(KeyState.REMOVED, removed_at=now)

    def compromised(self, now: int) -> Self:
        """It never signs nor verifies again. An earlier destruction of the private part keeps its time."""
        destroyed_at = now if self.private_destroyed_at is None else self.private_destroyed_at
        gone = {"sealed_private": None, "master_id": None}
        return self._become(
            KeyState.COMPROMISED, compromised_at=now, private_destroyed_at=destroyed_at, **gone
        )

    def _become(self, state: KeyState, **changes: str | int | None) -> Self:
        if state not in LEGAL[self.state]:
            raise IllegalTransition(f"{self.kid}: {self.state} may not become {state}")
        return replace(self, state=state, **changes)  # type: ignore[arg-type]  # keywords are typed at the callers
