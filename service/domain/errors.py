"""The service's branch of the one error tree. HTTP is unknown here; `service.web.problems` maps each to an
answer.

SafeconductError
└── ServiceError
    ├── Refused                    the request is understood and may not be done
    │   ├── Faulty                 values that are not acceptable, all of them at once
    │   ├── NotSignedIn, ConfirmationNeeded, NotAllowed
    │   ├── NotFound, Gone
    │   └── WrongState             token_revoked, token_suspended, needs_new_value, ...
    └── Unknown                    the truth cannot be told now
        ├── StorageUnavailable
        ├── OutcomeUnknown
        └── CannotSign, RecoveryNeeded
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from safeconduct.errors import SafeconductError


class ServiceError(SafeconductError):
    """Base of what the service refuses or cannot do. `code` is API; the text is for people."""

    code: ClassVar[str] = "service_error"


class Refused(ServiceError):
    code: ClassVar[str] = "refused"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request: `where` is a path like `scopes[1]`, `code` is stable."""

    where: str
    code: str
    detail: str


class Faulty(Refused):
    """Well-formed, but these members are not acceptable. Carries every fault at once."""

    code: ClassVar[str] = "invalid_request"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.where}: {fault.detail}" for fault in faults))
        self.faults = tuple(faults)


class IdempotencyKeyReused(Refused):
    """The key was used for another request."""

    code: ClassVar[str] = "idempotency_key_reused"


class NotSignedIn(Refused):
    """No valid credential of a kind this route takes."""

    code: ClassVar[str] = "not_signed_in"


class SignInFailed(Refused):
    """Unknown name, wrong password, disabled: one answer for all."""

    code: ClassVar[str] = "sign_in_failed"


class ConfirmationNeeded(Refused):
    """The session is valid but its confirmation is too old for a change (RFC 9470)."""

    code: ClassVar[str] = "insufficient_user_authentication"

    def __init__(self, max_age: int) -> None:
        super().__init__("confirm your password, then try again")
        self.max_age = max_age


class NotAllowed(Refused):
    """Signed in, but not for this."""

    code: ClassVar[str] = "not_allowed"


class AuditorChangesNothing(NotAllowed):
    """Auditors read everything and change nothing, also of their own; to end what is theirs stays open to them."""

    code: ClassVar[str] = "auditor_changes_nothing"

    def __init__(self) -> None:
        super().__init__("auditors read everything and change nothing")


class ScopeExceedsGrant(NotAllowed):
    """A token may not carry more than its owner may hand out."""

    code: ClassVar[str] = "scope_exceeds_grant"

    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__(f"beyond what you may hand out: {' '.join(scopes)}")
        self.scopes = tuple(scopes)


class NotFound(Refused):
    """Not there, or not yours."""

    code: ClassVar[str] = "not_found"


class Gone(Refused):
    """It was there, and will not come back."""

    code: ClassVar[str] = "gone"


class WrongState(Refused):
    """The thing is there, but not in a state that allows this."""

    code: ClassVar[str] = "wrong_state"


class TokenIsRevoked(WrongState):
    """A revocation is final."""

    code: ClassVar[str] = "token_revoked"


class TokenIsNotRevoked(WrongState):
    """It stands: there is no receipt."""

    code: ClassVar[str] = "token_not_revoked"


class TokenIsSuspended(WrongState):
    """Resume it first."""

    code: ClassVar[str] = "token_suspended"


class TokenIsExpired(WrongState):
    """An expired token comes back only as a new value."""

    code: ClassVar[str] = "token_expired"


class NeedsNewValue(WrongState):
    """The change is in what is signed. Carries the regenerate call that would make it."""

    code: ClassVar[str] = "needs_new_value"

    def __init__(self, members: Sequence[str], regenerate: Mapping[str, Any]) -> None:
        super().__init__(f"{', '.join(members)}: signed into the value; regenerate the token to change it")
        self.members = tuple(members)
        self.regenerate = dict(regenerate)


class InProgress(WrongState):
    """The same request is being worked on at this moment."""

    code: ClassVar[str] = "in_progress"


class AlreadyExists(WrongState):
    """The name is taken."""

    code: ClassVar[str] = "already_exists"


class LimitReached(WrongState):
    """A ceiling is reached; `policy` is the place where the policy sets it."""

    code: ClassVar[str] = "limit_reached"

    def __init__(self, message: str, *, policy: str) -> None:
        super().__init__(f"{message} ({policy})")
        self.policy = policy


@dataclass(frozen=True, slots=True)
class Quota:
    """A ceiling that callers are told of: how many, in how many seconds where it has a window."""

    name: str
    limit: int
    window: int | None = None


class Busy(Refused):
    """Too much of this at the moment. `retry_after` is in seconds; `quota` is what is used up, if it is one."""

    code: ClassVar[str] = "too_many_requests"

    def __init__(
        self, message: str = "try again shortly", retry_after: int = 1, *, quota: Quota | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.quota = quota


class NoPlace(ServiceError):
    """Every place is taken; another process may have one."""

    code: ClassVar[str] = "no_place"


class Unknown(ServiceError):
    """The truth cannot be told now: never answered as yes or no."""

    code: ClassVar[str] = "unavailable"


class StorageUnavailable(Unknown):
    """The database cannot be reached, does not answer in time, or is no writable primary."""

    code: ClassVar[str] = "storage_unavailable"


class OutcomeUnknown(Unknown):
    """The commit was sent and its answer lost: ask again, a repeat converges."""

    code: ClassVar[str] = "outcome_unknown"


class CannotSign(Unknown):
    """No usable signing key: the master key is missing or does not open it."""

    code: ClassVar[str] = "cannot_sign"


class RecoveryNeeded(CannotSign):
    """The database is older than what was published: nothing is signed until an operator has said `recover`."""

    code: ClassVar[str] = "recovery_needed"
