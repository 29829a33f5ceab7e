"""Access tokens that live too briefly for a place in a status list (threats 24)."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortToken:
    """What is recorded of one. `owner_id` is its `sub`, `client_id` the client that asked for it, `parent_jti` the
    value that it was exchanged for, `parent_reference` the hash of the reference where it was that.
    """

    jti: str
    owner_id: str
    client_id: str
    kid: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    issued_at: int
    expires_at: int
    parent_jti: str | None = None
    parent_reference: str | None = None

    def detail(self) -> dict[str, object]:
        """What the audit says of it."""
        return {"jti": self.jti, "scopes": self.scopes, "audience": self.audiences, "exp": self.expires_at}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRequest:
    """What one is to be; `lifetime` in seconds."""

    owner_id: str
    client_id: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    lifetime: int
    allowed_ips: tuple[str, ...] = ()
    parent_jti: str | None = None
    parent_reference: str | None = None

    def recorded(self, *, jti: str, kid: str, issued_at: int) -> ShortToken:
        return ShortToken(
            jti=jti,
            owner_id=self.owner_id,
            client_id=self.client_id,
            kid=kid,
            scopes=self.scopes,
            audiences=self.audiences,
            issued_at=issued_at,
            expires_at=issued_at + self.lifetime,
            parent_jti=self.parent_jti,
            parent_reference=self.parent_reference,
        )


class ShortTruth(NamedTuple):
    """What the database says of one at the moment of the read.

    `reason` is None while it may be honoured, else one word: revoked, key_compromised, owner_disabled,
    client_disabled, parent_ended, expired, suspended.
    """

    jti: str
    kid: str
    owner_id: str
    client_id: str
    expires_at: int
    reason: str | None
