"""An access token of a platform as a credential of its user here (threats 14)."""

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
from service.domain.id_token import LEEWAY, Identity, read_subject
from service.domain.provider import Platform

LONGEST: Final = 8_192
FRESH: Final = 300
"""Seconds since somebody proved who they are to the platform: nothing older confirms a change."""

_TYPES: Final = frozenset({"", "jwt", "at+jwt"})
_CLIENTS: Final = ("client_id", "azp", "cid", "appid")
"""By which names issuers say whose token it is; all that are there must agree with the list."""


def judge_platform_token(jws: ForeignJws, platform: Platform, now: int) -> Identity:
    """Whose credential it is, if a verified token is meant for managing tokens here, and is in force.

    Raises:
        InvalidToken: it is not; the subclass says why.
    """
    claims = jws.claims
    if jws.typ not in _TYPES:
        raise WrongType("typ is not that of an access token")
    if claims.get("iss") != platform.issuer:
        raise WrongIssuer("iss is not the platform's")
    if platform.audience not in read_audiences(claims):
        raise WrongAudience("aud does not name this service's management API")
    _judge_times(claims, now)
    if platform.scope not in _scopes(claims):
        raise InvalidClaims("it lacks the scope that managing tokens needs")
    clients = [read_name(claims, name) for name in _CLIENTS if name in claims]
    if not clients or not platform.clients.issuperset(clients):
        raise InvalidClaims("its client may not manage tokens")
    return Identity(
        issuer=platform.issuer,
        subject=read_subject(claims),
        authenticated_at=read_time(claims, "auth_time") if "auth_time" in claims else None,
        sid=None,
        claims=claims,
    )


def _judge_times(claims: dict[str, Any], now: int) -> None:
    if now >= read_time(claims, "exp"):
        raise TokenExpired("exp has come")
    begins = max(read_time(claims, name) for name in ("iat", "nbf") if name in claims or name == "iat")
    if begins > now + LEEWAY:
        raise TokenNotYetValid("nbf or iat lies in the future")


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """Of `scope`, and of `scp` as some issuers write it."""
    found: set[str] = set()
    for said in (claims.get("scope"), claims.get("scp")):
        names = said.split(" ") if isinstance(said, str) else said if isinstance(said, list) else []
        found.update(name for name in names if isinstance(name, str))
    return frozenset(found)
