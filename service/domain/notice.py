"""Notices: what somebody is told because something happened to what is theirs. None ever holds a token's value."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class Kind(StrEnum):
    """What a notice is of. The words are API: webhooks carry them as `type`."""

    TOKEN_EXPIRING = "token.expiring"  # noqa: S105 - a kind of notice, as those below
    TOKEN_NEW_NETWORK = "token.new_network"  # noqa: S105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    TOKEN_LEAKED = "token.leaked"  # noqa: S105
    TOKEN_KEY_COMPROMISED = "token.key_compromised"  # noqa: S105
    TOKEN_ROTATED = "token.rotated"  # noqa: S105
    TOKENS_PAUSED = "tokens.paused"
    TOKENS_RESUMED = "tokens.resumed"
    ADDRESS_CHANGED = "user.address_changed"
    INVITATION = "user.invitation"
    PASSWORD_LINK = "user.password_link"  # noqa: S105
    TEST = "test"


REMINDERS: Final = frozenset({Kind.TOKEN_EXPIRING})
"""Kinds that people may switch off; everything else concerns their safety."""

PERSONAL: Final = frozenset({Kind.INVITATION, Kind.PASSWORD_LINK, Kind.ADDRESS_CHANGED})
"""Kinds that are between us and one person: they go by mail alone."""

ADMINISTRATORS_TOO: Final = frozenset({Kind.TOKENS_PAUSED})
"""Kinds that every administrator is told of as well."""

SUBSCRIBABLE: Final = frozenset(Kind) - PERSONAL
"""Kinds that webhooks carry."""

LINKS: Final = frozenset({Kind.INVITATION, Kind.PASSWORD_LINK})

LEAKED: Final = "leaked"
KEY_COMPROMISED: Final = "key_compromised"

REMINDER_DAYS: Final = (1, 3, 7, 14)
"""So many days before a token ends its owner is told, once each; the nearest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whom and what a notice concerns. `detail` is JSON-ready and holds no secret.

    `sealed` is the secret of a one-time link, sealed for the row `(notice, <sealed_for>)`; `expires_at` is when it is
    not worth telling any more.
    """

    user_id: str | None = None
    token_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    sealed: str | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to be told. The `id` is that of its cause: told twice in the same words it is one notice."""

    id: str
    kind: Kind
    about: About
    created_at: int

    @classmethod
    def of(cls, kind: Kind, about: About, *, now: int) -> Self:
        cause = _canonical([kind, about.user_id, about.token_id, about.detail, about.sealed, now])
        return cls(id=hashlib.sha256(cause.encode()).hexdigest()[:32], kind=kind, about=about, created_at=now)


def detail_json(detail: Mapping[str, Any]) -> str:
    """Alike for details that are alike."""
    return _canonical(detail)


def kind_of_revocation(reason: str) -> Kind:
    """What a revocation by somebody else is told as."""
    return {LEAKED: Kind.TOKEN_LEAKED, KEY_COMPROMISED: Kind.TOKEN_KEY_COMPROMISED}.get(
        reason, Kind.TOKEN_REVOKED
    )


def link_row(kind: Kind, user_id: str | None) -> tuple[str, ...]:
    """The row that the secret of a one-time link is sealed for."""
    return ("notice", str(kind), user_id or "")
