"""Sessions of people: a cookie for the pages, a short-lived opaque bearer for API clients."""

from dataclasses import dataclass
from enum import StrEnum


class Carrier(StrEnum):
    """`platform` is no session of ours: the access token of a platform stands in for one."""

    COOKIE = "cookie"
    BEARER = "bearer"
    PLATFORM = "platform"


class InvitationPurpose(StrEnum):
    FIRST_ADMINISTRATOR = "first_administrator"
    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - the purpose of a link, not a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A one-time link, known by the hash of its secret."""

    secret_hash: str
    purpose: InvitationPurpose
    user_id: str | None
    created_at: int
    expires_at: int
    used_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in person. `confirmed_at` is when the password was last given; times are POSIX seconds.

    `opened_from` and `opened_with` are the address and the program that it was opened from, as far as that is kept.
    """

    id: str
    secret_hash: str
    user_id: str
    carrier: Carrier
    created_at: int
    confirmed_at: int
    seen_at: int
    expires_at: int
    ended_at: int | None = None
    opened_from: str | None = None
    opened_with: str | None = None
