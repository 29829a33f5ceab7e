"""Which records are meant, of one owner or of everybody; and the inventory's rows."""

from dataclasses import dataclass

from service.domain.token import Token
from service.domain.user import UserKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFilter:
    """Records that meet every condition given. `states` empty means all but revoked.

    `created_before` and `unused_since` are POSIX seconds; a record that was never used counts as used when it
    was made. `kid` is of the current value or of any other that is not revoked.
    """

    owner_id: str | None = None
    states: frozenset[str] = frozenset()
    search: str | None = None
    scope: str | None = None
    created_before: int | None = None
    unused_since: int | None = None
    kid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryPage:
    """At most `limit` records, the newest first; `after` is (created_at, id) of the last one of the page before."""

    which: TokenFilter
    after: tuple[int, str] | None = None
    limit: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryItem:
    """A record, whose it is, and the key that signed its current value."""

    token: Token
    owner_name: str
    owner_kind: UserKind
    kid: str | None
