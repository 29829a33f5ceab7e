"""Who may own tokens."""

from dataclasses import dataclass
from enum import StrEnum

MAX_NAME = 64
"""Characters of the longest name."""


class Role(StrEnum):
    """Auditors read everything and change nothing; administrators never see a value."""

    USER = "user"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class UserKind(StrEnum):
    PERSON = "person"
    MACHINE = "machine"


class GrantKind(StrEnum):
    """How a grant is written down: by the catalogue's default, as everything, or as a list of scopes."""

    DEFAULT = "default"
    ALL = "all"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user may hand out to their tokens. `scopes` counts only for a listed grant."""

    kind: GrantKind = GrantKind.DEFAULT
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account. `id` becomes the `sub` claim of its tokens."""

    id: str
    kind: UserKind
    name: str
    role: Role
    password_hash: str | None
    grant: Grant
    created_at: int
    disabled_at: int | None = None
    version: int = 0


def fold(text: str) -> str:
    """The form in which names and notes are compared and searched, alike on both engines."""
    return text.casefold()
