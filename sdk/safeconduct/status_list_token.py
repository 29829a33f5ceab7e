"""The signed form of a status list (Token Status List section 5.1): read it, write its claims."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from safeconduct.claims import LATEST_TIME
from safeconduct.errors import (
    InvalidStatusList,
    InvalidToken,
    StatusListExpired,
    UnknownKey,
    UnknownStatusListKey,
    WrongType,
)
from safeconduct.jwks import KeyPurpose, KeySet
from safeconduct.lst import decode_lst, encode_lst
from safeconduct.parser import STATUS_LIST_TOKEN_LIMIT, parse
from safeconduct.policy import VerificationPolicy
from safeconduct.signature import check_signature
from safeconduct.status_list import StatusList

STATUS_LIST_TYPES: Final = frozenset({"statuslist+jwt", "application/statuslist+jwt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedStatusList:
    """What a status list token asserts. Times are NumericDate, `ttl` is seconds.

    `epoch`, `version` and `keyset_version` are private claims of this issuer: the state of the database that
    the list shows, and the version of the key set that was current; None where another issuer has none.
    """

    uri: str
    iss: str | None
    iat: int
    exp: int
    ttl: int | None
    statuses: StatusList
    epoch: int | None = None
    version: int | None = None
    keyset_version: int | None = None

    def to_json(self, *, level: int = 9, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> dict[str, Any]:
        """The claims object to sign; `level` and `strategy` are zlib's."""
        claims: dict[str, Any] = {
            "iss": self.iss,
            "sub": self.uri,
            "iat": self.iat,
            "exp": self.exp,
            "ttl": self.ttl,
            "epoch": self.epoch,
            "version": self.version,
            "keyset_version": self.keyset_version,
            "status_list": {
                "bits": self.statuses.bits,
                "lst": encode_lst(self.statuses.packed, level=level, strategy=strategy),
            },
        }
        return {claim: value for claim, value in claims.items() if value is not None}

    @classmethod
    def from_json(cls, claims: Mapping[str, Any], *, max_bytes: int) -> "SignedStatusList":
        """Read the claims object of a status list token whose list has at most `max_bytes`.

        Raises:
            InvalidStatusList: a claim is missing, of the wrong type or out of range.
        """
        uri, iss = claims.get("sub"), claims.get("iss")
        if not isinstance(uri, str) or ("iss" in claims and not isinstance(iss, str)):
            raise InvalidStatusList("sub or iss is not a string")
        return cls(
            uri=uri,
            iss=iss,
            iat=_required(claims, "iat"),
            exp=_required(claims, "exp"),
            ttl=_number(claims, "ttl"),
            statuses=_statuses(claims, max_bytes),
            epoch=_number(claims, "epoch"),
            version=_number(claims, "version"),
            keyset_version=_number(claims, "keyset_version"),
        )


def check_status_list_token(
    token: str, uri: str, keys: KeySet, policy: VerificationPolicy, now: int
) -> SignedStatusList:
    """The list that was fetched from `uri`, if it is genuine and in force at `now` (section 8.3).

    Raises:
        StatusListExpired: on or after its `exp`.
        UnknownStatusListKey: a fresher key set may know its key.
        InvalidStatusList: anything else; nothing can be said about any token.
    """
    try:
        parsed = parse(token, max_length=STATUS_LIST_TOKEN_LIMIT)
        if parsed.typ.lower() not in STATUS_LIST_TYPES:
            raise WrongType("typ is not statuslist+jwt")
        check_signature(parsed, keys, KeyPurpose.STATUS_LIST, policy.algorithms)
    except UnknownKey as error:
        raise UnknownStatusListKey(str(error), parsed.kid) from error
    except InvalidToken as error:
        raise InvalidStatusList(f"{error.code}: {error}") from error
    signed = SignedStatusList.from_json(parsed.claims, max_bytes=policy.list_bytes)
    if signed.uri != uri:
        raise InvalidStatusList("sub is not the address of the list")
    if signed.iss is not None and signed.iss != policy.issuer:
        raise InvalidStatusList("iss is not the expected issuer")
    _judge_times(signed, policy, now)
    return signed


def _judge_times(signed: SignedStatusList, policy: VerificationPolicy, now: int) -> None:
    if now >= signed.exp:
        raise StatusListExpired("exp has come")
    if signed.iat > now + policy.leeway:
        raise InvalidStatusList("iat lies in the future")
    if signed.exp - signed.iat > policy.list_lifetime:
        raise InvalidStatusList("exp - iat is more than the policy takes")
    if signed.ttl is not None and not 1 <= signed.ttl <= policy.list_lifetime:
        raise InvalidStatusList("ttl is not positive or more than the policy takes")


def _number(claims: Mapping[str, Any], claim: str) -> int | None:
    if claim not in claims:
        return None
    value = claims[claim]
    if type(value) is not int or not 0 <= value <= LATEST_TIME:
        raise InvalidStatusList(f"{claim} is not a whole number")
    return value


def _required(claims: Mapping[str, Any], claim: str) -> int:
    value = _number(claims, claim)
    if value is None:
        raise InvalidStatusList(f"{claim} is missing")
    return value


def _statuses(claims: Mapping[str, Any], max_bytes: int) -> StatusList:
    status_list = claims.get("status_list")
    if not isinstance(status_list, dict) or not isinstance(status_list.get("lst"), str):
        raise InvalidStatusList("status_list is missing or malformed")
    return StatusList(decode_lst(status_list["lst"], max_bytes=max_bytes), status_list.get("bits", 0))
