"""What can go wrong with keys.

SafeconductError
└── KeyFailure
    ├── IllegalKey              a key or ring that may not exist
    │   └── IllegalTransition
    ├── KeyNotFound
    ├── RotationRefused
    │   ├── NoActiveKey
    │   ├── NextKeyTooYoung
    │   └── TooManyKeys
    ├── ImpossibleTimings
    ├── UnknownAlgorithm
    ├── UnsuitableKey           imported key material that we do not sign with
    ├── CannotSign
    ├── SelfCheckFailed
    ├── MasterKeyMalformed
    └── VerifyOnly              private keys stay shut: verify-only (R31)
        ├── MasterKeyMissing
        ├── MasterKeyMismatch
        └── SealBroken          the right master key, but not what it sealed
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from safeconduct.errors import SafeconductError


class KeyFailure(SafeconductError):
    """Base of all that can go wrong with keys."""

    code: ClassVar[str] = "key_failure"


class IllegalKey(KeyFailure):
    """The parts of a key or of a ring contradict each other."""

    code: ClassVar[str] = "illegal_key"


class IllegalTransition(IllegalKey):
    """A key may not go from its state to the one asked for."""

    code: ClassVar[str] = "illegal_key_transition"


class KeyNotFound(KeyFailure):
    """The ring holds no key of that kid."""

    code: ClassVar[str] = "key_not_found"


class RotationRefused(KeyFailure):
    """To rotate now would leave verifiers behind."""

    code: ClassVar[str] = "rotation_refused"


class NoActiveKey(RotationRefused):
    """No key of that purpose signs: the first plan has yet to be carried out."""

    code: ClassVar[str] = "no_active_key"


class NextKeyTooYoung(RotationRefused):
    """Verifiers may not know the next key before `ready_at` (POSIX seconds)."""

    code: ClassVar[str] = "next_key_too_young"

    def __init__(self, purpose: str, ready_at: int) -> None:
        self.ready_at = ready_at
        super().__init__(
            f"the next {purpose} key may not sign before {ready_at}: verifiers would not know it yet"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Why a retired key is published: its last live token ends at `latest_exp`; None: it waits its time."""

    kid: str
    retired_at: int
    latest_exp: int | None


class TooManyKeys(RotationRefused):
    """Verifiers would accept no further key. `pins` names what holds the retired ones, oldest first."""

    code: ClassVar[str] = "too_many_keys"

    def __init__(self, published: int, pins: Iterable[Pin]) -> None:
        self.pins = tuple(pins)
        held = ", ".join(
            f"{pin.kid} until {pin.latest_exp or 'its time has passed'}" for pin in self.pins[:3]
        )
        super().__init__(
            f"{published} keys are published already; revoke the tokens that pin the oldest: {held}"
        )


class ImpossibleTimings(KeyFailure):
    """Times of a policy that cannot hold together; `faults` names all of them."""

    code: ClassVar[str] = "impossible_timings"

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class UnknownAlgorithm(KeyFailure):
    """No key of ours may be made for that algorithm."""

    code: ClassVar[str] = "unknown_algorithm"


class UnsuitableKey(KeyFailure):
    """A key that may not be imported: wrong type, too short, a weak exponent, a known-weak generator."""

    code: ClassVar[str] = "unsuitable_key"


class CannotSign(KeyFailure):
    """The key is not active, or serves another purpose."""

    code: ClassVar[str] = "cannot_sign"


class SelfCheckFailed(KeyFailure):
    """A signature of ours does not verify under the published key: it must not leave the process (R73)."""

    code: ClassVar[str] = "self_check_failed"


class MasterKeyMalformed(KeyFailure):
    """The master key's text is not 32 bytes in base64url or hexadecimal."""

    code: ClassVar[str] = "master_key_malformed"


class VerifyOnly(KeyFailure):
    """A private part stays shut: verify, publish and revoke go on; issue, sign and rotate do not (R31)."""

    code: ClassVar[str] = "verify_only"


class MasterKeyMissing(VerifyOnly):
    """No master key was given."""

    code: ClassVar[str] = "master_key_missing"


class MasterKeyMismatch(VerifyOnly):
    """The text was sealed under another master key than any given."""

    code: ClassVar[str] = "master_key_mismatch"


class SealBroken(VerifyOnly):
    """A sealed text was changed, cut, or belongs to another row."""

    code: ClassVar[str] = "seal_broken"
