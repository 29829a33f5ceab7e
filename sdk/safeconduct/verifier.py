"""The judgement of one access token by keys, policy and time alone. Pure: no network, no clock, no memory.

Whether the token was revoked is not known here: `claims.status` says where that is written.
"""

from typing import Final

from safeconduct.claims import Claims
from safeconduct.errors import (
    LifetimeTooLong,
    StatusMissing,
    TokenExpired,
    TokenNotYetValid,
    WrongAudience,
    WrongIssuer,
    WrongType,
)
from safeconduct.jwks import KeyPurpose, KeySet
from safeconduct.parser import ParsedToken, parse
from safeconduct.policy import VerificationPolicy
from safeconduct.signature import check_signature

ACCESS_TOKEN_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})


def check(token: str, keys: KeySet, policy: VerificationPolicy, now: int) -> Claims:
    """The claims of `token`, if it is genuine, meant for us and in force at `now` (RFC 9068 section 4).

    Raises:
        InvalidToken: it is not; the subclass says why.
    """
    return check_parsed(parse(token), keys, policy, now)


def check_parsed(parsed: ParsedToken, keys: KeySet, policy: VerificationPolicy, now: int) -> Claims:
    """`check` for a token that is parsed already.

    Raises:
        InvalidToken: as `check`.
    """
    if parsed.typ.lower() not in ACCESS_TOKEN_TYPES:
        raise WrongType("typ is not at+jwt")
    check_signature(parsed, keys, KeyPurpose.ACCESS_TOKEN, policy.algorithms)
    claims = Claims.from_json(parsed.claims)
    if claims.iss != policy.issuer:
        raise WrongIssuer("iss is not the expected issuer")
    if policy.audiences is not None and policy.audiences.isdisjoint(claims.aud):
        raise WrongAudience("aud names none of the expected audiences")
    judge_times(claims, policy, now)
    _judge_lifetime(claims, policy)
    return claims


def judge_times(claims: Claims, policy: VerificationPolicy, now: int) -> None:
    """Return if the token is in force at `now`: all that must be judged anew when a verdict is remembered.

    Raises:
        TokenExpired: on or after `exp`.
        TokenNotYetValid: `nbf` or `iat` is further ahead than the leeway.
    """
    if now >= claims.exp + policy.exp_leeway:
        raise TokenExpired("exp has come")
    latest = now + policy.leeway
    if claims.iat > latest or (claims.nbf is not None and claims.nbf > latest):
        raise TokenNotYetValid("nbf or iat lies in the future")


def _judge_lifetime(claims: Claims, policy: VerificationPolicy) -> None:
    lifetime = claims.exp - claims.iat
    if policy.max_lifetime is not None and lifetime > policy.max_lifetime:
        raise LifetimeTooLong("exp - iat is more than the policy takes")
    if policy.require_status and claims.status is None and lifetime > policy.unlisted_lifetime:
        raise StatusMissing("the token lives long and has no status list entry")
