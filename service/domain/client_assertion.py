"""A client's signed statement of who it is (RFC 7523 sections 2.2 and 3), read strictly.

The SDK's parser of access tokens demands a `typ` and a `kid`, which many clients leave out here; all else is as
strict, and read by the same pieces.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from safeconduct import KeyPurpose, KeySet, VerificationKey
from safeconduct.algorithms import ALGORITHMS
from safeconduct.base64url import decode
from safeconduct.errors import (
    BadSignature,
    InvalidClaims,
    TokenMalformed,
    UnknownKey,
    WrongAlgorithm,
    WrongType,
)
from safeconduct.strict_json import read_object

LONGEST: Final = 8_192
"""Characters of the longest assertion that is read at all."""
LONGEST_LIFE: Final = 600
"""Seconds that the end may lie ahead."""
LEEWAY: Final = 30
"""Seconds that the client's clock may run ahead."""
LATEST: Final = 2**53 - 1

_HEADER: Final = frozenset({"alg", "typ", "kid"})
_TYPES: Final = frozenset({"jwt", "application/jwt", "client-authentication+jwt"})
_NAME: Final = range(1, 256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What it says, of which nothing is believed before `verify`. Times are POSIX seconds."""

    alg: str
    kid: str | None
    client_id: str
    audience: str
    jti: str
    exp: int
    not_before: int
    signing_input: bytes
    signature: bytes

    def verify(self, keys: KeySet) -> None:
        """Return if one of the client's keys signed it: the named one, or the only one there is.

        Raises:
            InvalidToken: none did.
        """
        key = self._key(keys)
        if key.alg != self.alg:
            raise WrongAlgorithm("alg is not the one its key is bound to")
        if not key.verify(self.signing_input, self.signature):
            raise BadSignature("the signature does not fit")

    def in_force(self, now: int) -> bool:
        """Whether it has begun, is not over, and is over soon."""
        return now < self.exp <= now + LONGEST_LIFE and self.not_before <= now + LEEWAY

    def _key(self, keys: KeySet) -> VerificationKey:
        if self.kid is not None:
            return keys.find(self.kid, KeyPurpose.ACCESS_TOKEN)
        if len(keys) != 1:
            raise UnknownKey("kid is missing, and there are several keys")
        return next(iter(keys))


def read_assertion(text: str) -> Assertion:
    """Raises InvalidToken: not a compact JWS of this kind, `iss` and `sub` differ, or a claim is missing."""
    header, payload, signature = _segments(text)
    try:
        said, claims = read_object(decode(header)), read_object(decode(payload))
        raw_signature = decode(signature)
    except ValueError:
        raise TokenMalformed("not strict base64url, UTF-8 and JSON") from None
    if not said.keys() <= _HEADER:
        raise TokenMalformed("a header member other than alg, typ and kid")
    if said.get("alg") not in ALGORITHMS:
        raise WrongAlgorithm("alg is not allowed")
    if str(said.get("typ", "JWT")).lower() not in _TYPES:
        raise WrongType("typ is not that of a client assertion")
    client_id = _name(claims, "iss")
    if _name(claims, "sub") != client_id:
        raise InvalidClaims("iss and sub are not the same client")
    return Assertion(
        alg=said["alg"],
        kid=_name(said, "kid") if "kid" in said else None,
        client_id=client_id,
        audience=_audience(claims),
        jti=_name(claims, "jti"),
        exp=_time(claims, "exp"),
        not_before=max((_time(claims, name) for name in ("iat", "nbf") if name in claims), default=0),
        signing_input=text[: -1 - len(signature)].encode("ascii"),
        signature=raw_signature,
    )


def _segments(text: str) -> tuple[str, str, str]:
    segments = text.split(".", 3)
    if len(text) > LONGEST or not text.isascii() or len(segments) != 3:
        raise TokenMalformed("not three segments of ASCII")
    header, payload, signature = segments
    return header, payload, signature


def _audience(claims: Mapping[str, Any]) -> str:
    """One: an assertion that is good elsewhere as well could be passed on from there."""
    value = claims.get("aud")
    if type(value) is list and len(value) == 1:
        return _name({"aud": value[0]}, "aud")
    return _name(claims, "aud")


def _name(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if type(value) is not str or len(value) not in _NAME:
        raise InvalidClaims(f"{name} is not a string of 1 to 255 characters")
    return value


def _time(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value <= LATEST:
        raise InvalidClaims(f"{name} is not a whole number of seconds")
    return value
