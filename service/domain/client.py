"""Resource servers that may ask about tokens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A confidential client: it learns only about tokens for `audiences`.

    `permissions` ⊆ {introspect, revoke}.
    """

    id: str
    name: str
    secret_hash: str
    audiences: frozenset[str]
    permissions: frozenset[str]
    created_at: int
    disabled_at: int | None = None
