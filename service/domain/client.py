"""Confidential clients: resource servers that may ask about tokens, and what acts as a machine user."""

from dataclasses import dataclass
from typing import Final

DISABLE_USERS: Final = "disable_users"
PERMISSIONS: Final = ("introspect", "revoke", "exchange", DISABLE_USERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """It learns only about tokens for `audiences`, and gets its own for no others.

    `permissions` ⊆ PERMISSIONS. With a `machine_id` it gets short access tokens as that machine
    user.
    It proves itself either by its secret, the one before being good until `old_secret_until`, or by `jwks` (a JSON
    text), and then `secret_hash` is empty.
    """

    id: str
    name: str
    secret_hash: str
    audiences: frozenset[str]
    permissions: frozenset[str]
    created_at: int
    machine_id: str | None = None
    jwks: str | None = None
    old_secret_hash: str | None = None
    old_secret_until: int | None = None
    disabled_at: int | None = None

    def secret_hashes(self, now: int) -> tuple[str, ...]:
        """The hashes of the secrets that open something at `now`."""
        old, until = self.old_secret_hash, self.old_secret_until
        overlapping = (old,) if old is not None and until is not None and now < until else ()
        return (self.secret_hash, *overlapping) if self.secret_hash else overlapping
