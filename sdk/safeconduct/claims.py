"""What a token asserts, read with strict types and ranges, and written as the issuer writes it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_network
from typing import Any, Final, NamedTuple

from safeconduct.errors import InvalidClaims

LATEST_TIME: Final = 2**53 - 1
"""The greatest NumericDate: beyond it, JSON readers disagree about whole numbers."""
AUDIENCES_LIMIT: Final = 16

# Control characters, those that turn the direction of writing around, unpaired surrogates.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SCOPE = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")  # RFC 6749 section 3.3
_HTTP_URI = re.compile(r"https?://[A-Za-z0-9._~%:\[\]-]+(?:/[!$-;=?-Z_a-z~]*)?")  # no userinfo, no fragment


class StatusReference(NamedTuple):
    """The token's entry in a status list (Token Status List section 6.2)."""

    idx: int
    uri: str


class Claims(NamedTuple):
    """What a token asserts (RFC 9068 section 2.2). Times are NumericDate: whole POSIX seconds.

    `scope` keeps the order of the wire and has no duplicates; `allowed_ips` are CIDR blocks, none means any.
    """

    iss: str
    sub: str
    aud: tuple[str, ...]
    exp: int
    iat: int
    jti: str
    client_id: str
    scope: tuple[str, ...] = ()
    nbf: int | None = None
    status: StatusReference | None = None
    allowed_ips: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, claims: Mapping[str, Any]) -> "Claims":
        """Read the claims object of a token. Claims that have no field here are ignored.

        Raises:
            InvalidClaims: a claim is missing, of the wrong type or out of range.
        """
        return cls(  # by position: a name costs a NamedTuple as much as the judgement of a claim
            _name(claims, "iss"),
            _name(claims, "sub"),
            _audiences(claims),
            _time(claims, "exp"),
            _time(claims, "iat"),
            _name(claims, "jti"),
            _name(claims, "client_id"),
            _scope(claims["scope"]) if "scope" in claims else (),
            _time(claims, "nbf") if "nbf" in claims else None,
            _status(claims) if "status" in claims else None,
            _allowed_ips(claims) if "allowed_ips" in claims else (),
        )

    def to_json(self) -> dict[str, Any]:
        """The claims object to sign: `aud` is a list only for several, optional claims only when set."""
        claims: dict[str, Any] = {
            "iss": self.iss,
            "sub": self.sub,
            "aud": self.aud[0] if len(self.aud) == 1 else list(self.aud),
            "exp": self.exp,
            "iat": self.iat,
            "jti": self.jti,
            "client_id": self.client_id,
        }
        if self.scope:
            claims["scope"] = " ".join(self.scope)
        if self.nbf is not None:
            claims["nbf"] = self.nbf
        if self.allowed_ips:
            claims["allowed_ips"] = list(self.allowed_ips)
        if self.status is not None:
            claims["status"] = {"status_list": {"idx": self.status.idx, "uri": self.status.uri}}
        return claims


def _name(claims: Mapping[str, Any], claim: str) -> str:
    value = claims.get(claim)
    # isprintable() also refuses what this Python's Unicode does not know yet, so its no is not the last word.
    if (
        type(value) is not str
        or not 1 <= len(value) <= 255
        or not (value.isprintable() or _UNPRINTABLE.search(value) is None)
    ):
        raise InvalidClaims(f"{claim} is not a string of 1 to 255 printable characters")
    return value


def _time(claims: Mapping[str, Any], claim: str) -> int:
    value = claims.get(claim)
    if type(value) is not int or not 0 <= value <= LATEST_TIME:  # a bool is no time either
        raise InvalidClaims(f"{claim} is not a whole number of seconds")
    return value


def _audiences(claims: Mapping[str, Any]) -> tuple[str, ...]:
    value = claims.get("aud")
    if type(value) is str:
        return _one_audience(value)
    if type(value) is not list or not 1 <= len(value) <= AUDIENCES_LIMIT:
        raise InvalidClaims(f"aud is neither a string nor a list of 1 to {AUDIENCES_LIMIT}")
    return tuple(_name({"aud": audience}, "aud") for audience in value)


@lru_cache(maxsize=256)  # nearly all tokens are meant for the same: one tuple for all of them
def _one_audience(value: str) -> tuple[str, ...]:
    return (_name({"aud": value}, "aud"),)


def _scope(value: object) -> tuple[str, ...]:
    if type(value) is not str:
        raise InvalidClaims("scope is not a string")
    return _scope_names(value)


@lru_cache(maxsize=256)  # many tokens of an issuer share few combinations
def _scope_names(value: str) -> tuple[str, ...]:
    if _SCOPE.fullmatch(value) is None:
        raise InvalidClaims("scope is not a list of scope names with one space between them")
    names = tuple(value.split(" "))
    if len(set(names)) != len(names):
        raise InvalidClaims("scope repeats a name")
    return names


def _status(claims: Mapping[str, Any]) -> StatusReference | None:
    """The reference, or None where `status` speaks of other mechanisms only."""
    status = claims["status"]
    if type(status) is not dict:
        raise InvalidClaims("status is not an object")
    if "status_list" not in status:
        return None
    reference = status["status_list"]
    if type(reference) is not dict:
        raise InvalidClaims("status_list is not an object")
    idx, uri = reference.get("idx"), reference.get("uri")
    if type(idx) is not int or not 0 <= idx <= LATEST_TIME:
        raise InvalidClaims("idx is not a whole number")
    if type(uri) is not str or not _is_http_uri(uri):
        raise InvalidClaims("uri is not an http address without user and fragment")
    return StatusReference(idx, uri)


@lru_cache(maxsize=256)  # a status list is shared by many tokens
def _is_http_uri(uri: str) -> bool:
    return len(uri) <= 2048 and _HTTP_URI.fullmatch(uri) is not None


def _allowed_ips(claims: Mapping[str, Any]) -> tuple[str, ...]:
    value = claims["allowed_ips"]
    if type(value) is not list or not value:
        raise InvalidClaims("allowed_ips is not a list of CIDR blocks")
    for block in value:
        try:
            ip_network(_name({"allowed_ips": block}, "allowed_ips"))
        except ValueError:
            raise InvalidClaims("allowed_ips is not a list of CIDR blocks") from None
    return tuple(value)
