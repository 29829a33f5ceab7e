"""What went wrong, in words for whoever holds the token. Codes are API, words are not; ASCII, without quotes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from safeconduct import errors
from safeconduct.base64url import decode
from safeconduct.strict_json import read_object

WHOLE: Final = 600
"""Characters of an ordinary token."""

_TITLES: Final[Mapping[type[errors.SafeconductError], str]] = {
    errors.SafeconductError: "This request is refused",
    errors.SeveralCredentials: "More than one token was sent",
    errors.InvalidToken: "This token is not honoured",
    errors.TokenMissing: "No token was sent",
    errors.MissingBearerPrefix: "The word Bearer is missing before the token",
    errors.DoubleBearer: "The word Bearer stands twice before the token",
    errors.TokenMalformed: "This is not a token from here",
    errors.WrongType: "This is another kind of token",
    errors.WrongAlgorithm: "This token is signed in a way that is not accepted",
    errors.UnknownKey: "This token was signed by a key that is not known, or no longer",
    errors.WrongKeyPurpose: "This token was signed by a key that may not sign tokens",
    errors.BadSignature: "The signature does not fit: the token was changed, or is not from here",
    errors.InvalidClaims: "This token says something that no token of ours says",
    errors.WrongIssuer: "This token is from somebody else",
    errors.WrongAudience: "This token is for another API",
    errors.TokenExpired: "This token has ended",
    errors.TokenNotYetValid: "This token is not valid yet",
    errors.LifetimeTooLong: "This token lives longer than is accepted here",
    errors.StatusMissing: "This token could never be revoked, so it is not accepted",
    errors.UnknownStatus: "Nothing is known of this token",
    errors.TokenRevoked: "This token was revoked",
    errors.TokenSuspended: "This token is paused",
    errors.TokenInactive: "This token is not valid any more",
    errors.AddressNotAllowed: "This token may not be used from this address",
    errors.InsufficientScope: "This token may not do that",
    errors.Unavailable: "Whether this token is valid cannot be told now; try again",
}


def title(error: errors.SafeconductError, token: str = "") -> str:
    """One sentence for people. What it quotes of `token` is a date or its length, never a part of it."""
    kind = next(kind for kind in type(error).__mro__ if kind in _TITLES)
    said = _TITLES[kind]
    match error:
        case errors.TokenMalformed() | errors.BadSignature() if looks_cut_off(token):
            return f"This token looks cut off: {len(token)} characters, a whole one has about {WHOLE}"
        case errors.TokenExpired() if (day := _day(token, "exp")) is not None:
            return f"This token ended on {day}"
        case errors.TokenNotYetValid() if (day := _day(token, "nbf")) is not None:
            return f"This token is valid from {day}"
        case errors.InsufficientScope(missing=[_, *_]):
            return f"This token lacks the scope {' '.join(error.missing)}"
    return said


def looks_cut_off(token: str) -> bool:
    """Whether it begins like a token and is too short for one: two signed segments and 86 characters."""
    segments = token.split(".")
    return token.startswith("eyJ") and (len(segments) < 3 or len(segments[2]) < 86)


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Header and claims as they stand in `token`, nothing of which is believed; None where it has none."""
    try:
        header, claims, _ = token.split(".")
        return read_object(decode(header)), read_object(decode(claims))
    except ValueError:
        return None


def day_of(time: object) -> str | None:
    """20-02-2027, in UTC, or None for what is no time."""
    if type(time) is not int or not 0 <= time <= 253_402_300_799:
        return None
    return datetime.fromtimestamp(time, UTC).strftime("%d-%m-%Y")


def _day(token: str, claim: str) -> str | None:
    read = unverified(token)
    return None if read is None else day_of(read[1].get(claim))
