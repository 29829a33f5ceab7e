"""A JWS that others signed: identity providers, platforms, clients. Read strictly, believed by the SDK's one check.

The SDK's parser of access tokens demands a `typ` and a `kid` and no other member of the header, which many issuers do
not keep to; all else is as strict, and read by the same pieces.
"""

import hashlib
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from safeconduct import KeyPurpose, KeySet
from safeconduct.base64url import decode, encode
from safeconduct.errors import InvalidClaims, TokenMalformed, UnknownKey, WrongAlgorithm
from safeconduct.parser import ParsedToken
from safeconduct.signature import check_signature
from safeconduct.strict_json import read_object

LATEST: Final = 2**53 - 1
"""The greatest time: beyond it, JSON readers disagree about whole numbers."""

_DEEPEST: Final = 16
_NAME: Final = range(1, 256)
_CHANGES_MEANING: Final = frozenset({"crit", "b64", "zip"})


class ForeignJws(NamedTuple):
    """Well-formed, and nothing of it believed before `verify`. `typ` is in lower case and empty where it is absent."""

    alg: str
    typ: str
    kid: str | None
    members: frozenset[str]
    claims: dict[str, Any]
    signing_input: bytes
    signature: bytes

    def verify(self, keys: KeySet, algorithms: AbstractSet[str]) -> None:
        """Return if one of `keys` signed it, by an algorithm of the list: the named one, or the only one there is.

        Raises:
            InvalidToken: none did; UnknownKey where a fresher set may hold it.
        """
        if self.alg not in algorithms:
            raise WrongAlgorithm("alg is not allowed")
        parsed = ParsedToken(
            self.alg, self.typ, self._kid_among(keys), self.claims, self.signing_input, self.signature
        )
        check_signature(parsed, keys, KeyPurpose.ACCESS_TOKEN, algorithms)

    def _kid_among(self, keys: KeySet) -> str:
        if self.kid is not None:
            return self.kid if self.kid in keys else known_kid(self.kid)
        fitting = [key.kid for key in keys if key.alg == self.alg]
        if len(fitting) != 1:
            raise UnknownKey("kid is missing, and not one key alone fits")
        return fitting[0]


def known_kid(kid: str) -> str:
    """The name under which a foreign key is held: what its issuer calls it may hold any character."""
    return encode(hashlib.sha256(kid.encode("utf-8", "surrogatepass")).digest())


def read_jws(text: str, *, longest: int) -> ForeignJws:
    """Raises InvalidToken: no compact JWS of this kind (RFC 7515 section 7.1)."""
    segments = text.split(".", 3)
    if len(text) > longest or not text.isascii() or len(segments) != 3:
        raise TokenMalformed("not three segments of ASCII")
    header, payload, signature = segments
    try:
        said, claims = read_object(decode(header)), read_object(decode(payload), depth=_DEEPEST)
        raw_signature = decode(signature)
    except ValueError:
        raise TokenMalformed("not strict base64url, UTF-8 and JSON") from None
    if not _CHANGES_MEANING.isdisjoint(said):
        raise TokenMalformed("a header member that changes what is signed")
    alg, typ = said.get("alg"), said.get("typ", "")
    if not isinstance(alg, str) or not isinstance(typ, str):
        raise WrongAlgorithm("alg or typ is not a string")
    return ForeignJws(
        alg=alg,
        typ=typ.lower().removeprefix("application/"),
        kid=read_name(said, "kid") if "kid" in said else None,
        members=frozenset(said),
        claims=claims,
        signing_input=text[: -1 - len(signature)].encode("ascii"),
        signature=raw_signature,
    )


def read_name(members: dict[str, Any], name: str) -> str:
    """Raises InvalidClaims: it is not a string of 1 to 255 characters."""
    value = members.get(name)
    if type(value) is not str or len(value) not in _NAME:
        raise InvalidClaims(f"{name} is not a string of 1 to 255 characters")
    return value


def read_time(claims: dict[str, Any], name: str) -> int:
    """Raises InvalidClaims: it is not a whole number of seconds."""
    value = claims.get(name)
    if type(value) is not int or not 0 <= value <= LATEST:
        raise InvalidClaims(f"{name} is not a whole number of seconds")
    return value


def read_audiences(claims: dict[str, Any]) -> frozenset[str]:
    """Raises InvalidClaims: `aud` is neither a name nor a list of names."""
    value = claims.get("aud")
    if type(value) is not list:
        return frozenset({read_name(claims, "aud")})
    return frozenset(read_name({"aud": each}, "aud") for each in value)
