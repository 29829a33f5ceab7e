"""A personal access token: a record with one or more signed values over its life."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

NEVER: Final = 4_102_444_800
"""`exp` of a value whose grant never ends: 2100-01-01T00:00:00Z, because RFC 9068 demands one."""

PERSONAL_ACCESS_TOKEN_CLIENT: Final = "personal-access-tokens"  # noqa: S105 - a client_id
"""The one `client_id` of all personal access tokens. No UUID, so it never equals a user id (RFC 9700 4.15).
"""


class TokenState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUse:
    """The latest accepted use: when, from where, with what. `reported_by` is the client whose word it is; None where
    this service has seen it itself.
    """

    at: int
    ip: str | None
    user_agent: str | None
    reported_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The record. Times are POSIX seconds; `expires_at` None means that the grant never ends.

    `parent_suspended_at` is when the token that made this one was paused: what it made is paused with it.
    `recent_ips` are the last addresses that this service has seen it used from, the latest first. `reference_hint`
    tells its short reference from others; None where it has none.
    """

    id: str
    owner_id: str
    note: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    allowed_ips: tuple[str, ...]
    metadata: MappingProxyType[str, Any] | None
    not_before: int | None
    expires_at: int | None
    jti: str
    created_at: int
    sequence: int = 0
    parent_id: str | None = None
    parent_jti: str | None = None
    parent_suspended_at: int | None = None
    suspended_at: int | None = None
    suspended_by: str | None = None
    suspended_by_administrator: bool = False
    revoked_at: int | None = None
    revoked_by: str | None = None
    revoke_reason: str | None = None
    last_use: LastUse | None = None
    reported_use: LastUse | None = None
    recent_ips: tuple[str, ...] = ()
    reference_hint: str | None = None

    @property
    def latest_use(self) -> LastUse | None:
        """Of the use that was seen here and the one that was reported the later one (threats 32: kept apart)."""
        uses = [use for use in (self.last_use, self.reported_use) if use is not None]
        return max(uses, key=lambda use: use.at, default=None)

    def state(self, now: int) -> TokenState:
        """What the record is worth at `now`; the gravest reason wins."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        if self.expires_at is not None and now >= self.expires_at:
            return TokenState.EXPIRED
        if self.suspended_at is not None or self.parent_suspended_at is not None:
            return TokenState.SUSPENDED
        return TokenState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenValue:
    """One signed JWT of a record, as the database knows it: never the JWT, only its keyed hash.

    `expires_at` is the `exp` claim; `ends_at` is when the service ends the value, at `exp` or earlier.
    """

    jti: str
    token_id: str
    token_hash: str
    kid: str
    list_id: str
    idx: int
    issued_at: int
    not_before: int | None
    expires_at: int
    ends_at: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """One entry of a status list that changes: 0 VALID, 1 INVALID (final), 2 SUSPENDED."""

    list_id: str
    idx: int
    status: int
    jti: str


class TokenTruth(NamedTuple):
    """What the database says of one value at the moment of the read: the only source of `active`.

    `reason` is None while the value may be honoured, else one word: revoked, suspended, expired, not_yet_valid,
    owner_disabled, key_compromised, parent_ended.
    """

    token_hash: str
    jti: str
    kid: str
    list_id: str
    idx: int
    expires_at: int
    token_id: str
    owner_id: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    allowed_ips: tuple[str, ...]
    reason: str | None

    @property
    def by_reference(self) -> bool:
        """Whether a short reference was shown, which has no key and no place in a list."""
        return self.idx < 0
