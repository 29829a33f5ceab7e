"""The id_token, which says who signed in at a provider (OpenID Connect Core section 3.1.3.7)."""

import hmac
from dataclasses import dataclass
from typing import Any, Final

from safeconduct.errors import (
    InvalidClaims,
    TokenExpired,
    TokenNotYetValid,
    WrongAudience,
    WrongIssuer,
    WrongType,
)

from service.domain.foreign_jws import ForeignJws, read_audiences, read_name, read_time

LONGEST: Final = 65_536
"""Characters of the longest one that is read: some carry hundreds of groups."""
LEEWAY: Final = 30
"""Seconds that the provider's clock may run ahead."""
OLDEST: Final = 600
"""Seconds since it was issued: it answers a question of a moment ago."""

_TYPES: Final = frozenset({"", "jwt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who it is, by (issuer, subject) alone; `authenticated_at` is when they proved it there, where that is told."""

    issuer: str
    subject: str
    authenticated_at: int | None
    sid: str | None
    claims: dict[str, Any]


def judge_id_token(jws: ForeignJws, *, issuer: str, client_id: str, nonce: str, now: int) -> Identity:
    """Who signed in, if a verified token says so to us, in answer to `nonce`, and now.

    Raises:
        InvalidToken: it does not; the subclass says why.
    """
    claims = jws.claims
    if jws.typ not in _TYPES:
        raise WrongType("typ is not that of an id_token")
    if claims.get("iss") != issuer:
        raise WrongIssuer("iss is not the provider's")
    audiences = read_audiences(claims)
    authorized = read_name(claims, "azp") if "azp" in claims else None
    if client_id not in audiences or (len(audiences) > 1 and authorized is None):
        raise WrongAudience("aud is not this service alone, and azp does not say that it was meant")
    if authorized not in {None, client_id}:
        raise WrongAudience("azp is another client")
    judge_times(claims, now)
    if not hmac.compare_digest(read_name(claims, "nonce").encode(), nonce.encode()):
        raise InvalidClaims("nonce is not that of this sign-in")
    return Identity(
        issuer=issuer,
        subject=read_subject(claims),
        authenticated_at=read_time(claims, "auth_time") if "auth_time" in claims else None,
        sid=read_name(claims, "sid") if "sid" in claims else None,
        claims=claims,
    )


def judge_times(claims: dict[str, Any], now: int) -> None:
    """Raises InvalidToken: over, not begun, or issued too long ago."""
    if now >= read_time(claims, "exp"):
        raise TokenExpired("exp has come")
    judge_issued(claims, now)


def judge_issued(claims: dict[str, Any], now: int) -> None:
    """Raises InvalidToken: not begun, or issued too long ago for what answers a moment."""
    issued_at = read_time(claims, "iat")
    if max(issued_at, read_time(claims, "nbf") if "nbf" in claims else 0) > now + LEEWAY:
        raise TokenNotYetValid("nbf or iat lies in the future")
    if issued_at < now - OLDEST:
        raise TokenExpired("it was issued too long ago")


def read_subject(claims: dict[str, Any]) -> str:
    """At most 255 printable ASCII characters (OpenID Connect Core section 2). Raises InvalidClaims."""
    subject = read_name(claims, "sub")
    if not subject.isascii() or not subject.isprintable():
        raise InvalidClaims("sub is not printable ASCII")
    return subject
