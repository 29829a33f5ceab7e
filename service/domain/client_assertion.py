"""A client's signed statement of who it is (RFC 7523 sections 2.2 and 3), read strictly."""

from dataclasses import dataclass
from typing import Any, Final

from safeconduct import KeySet
from safeconduct.algorithms import ALGORITHMS
from safeconduct.errors import InvalidClaims, TokenMalformed, WrongAlgorithm, WrongType

from service.domain.foreign_jws import ForeignJws, read_jws, read_name, read_time

LONGEST: Final = 8_192
"""Characters of the longest assertion that is read at all."""
LONGEST_LIFE: Final = 600
"""Seconds that the end may lie ahead."""
LEEWAY: Final = 30
"""Seconds that the client's clock may run ahead."""

_HEADER: Final = frozenset({"alg", "typ", "kid"})
_TYPES: Final = frozenset({"", "jwt", "client-authentication+jwt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What it says, of which nothing is believed before `verify`. Times are POSIX seconds."""

    jws: ForeignJws
    client_id: str
    audience: str
    jti: str
    exp: int
    not_before: int

    def verify(self, keys: KeySet) -> None:
        """Return if one of the client's keys signed it: the named one, or the only one there is.

        Raises:
            InvalidToken: none did.
        """
        self.jws.verify(keys, ALGORITHMS.keys())

    def in_force(self, now: int) -> bool:
        """Whether it has begun, is not over, and is over soon."""
        return now < self.exp <= now + LONGEST_LIFE and self.not_before <= now + LEEWAY


def read_assertion(text: str) -> Assertion:
    """Raises InvalidToken: not a compact JWS of this kind, `iss` and `sub` differ, or a claim is missing."""
    jws = read_jws(text, longest=LONGEST)
    claims = jws.claims
    if not jws.members <= _HEADER:
        raise TokenMalformed("a header member other than alg, typ and kid")
    if jws.alg not in ALGORITHMS:
        raise WrongAlgorithm("alg is not allowed")
    if jws.typ not in _TYPES:
        raise WrongType("typ is not that of a client assertion")
    client_id = read_name(claims, "iss")
    if read_name(claims, "sub") != client_id:
        raise InvalidClaims("iss and sub are not the same client")
    return Assertion(
        jws=jws,
        client_id=client_id,
        audience=_audience(claims),
        jti=read_name(claims, "jti"),
        exp=read_time(claims, "exp"),
        not_before=max((read_time(claims, name) for name in ("iat", "nbf") if name in claims), default=0),
    )


def _audience(claims: dict[str, Any]) -> str:
    """One: an assertion that is good elsewhere as well could be passed on from there."""
    value = claims.get("aud")
    if type(value) is list and len(value) == 1:
        return read_name({"aud": value[0]}, "aud")
    return read_name(claims, "aud")
