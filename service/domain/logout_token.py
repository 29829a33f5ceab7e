"""The logout_token, by which a provider says that a session of its own is over (Back-Channel Logout section 2)."""

from dataclasses import dataclass
from typing import Final

from safeconduct.errors import InvalidClaims, WrongAudience, WrongIssuer, WrongType

from service.domain.foreign_jws import ForeignJws, read_audiences, read_name
from service.domain.id_token import LEEWAY, OLDEST, judge_issued, judge_times, read_subject

LONGEST: Final = 8_192
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"

_TYPES: Final = frozenset({"", "jwt", "logout+jwt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout:
    """Whose sessions are over: all of `subject`'s, or those of `sid` alone. `jti` is good once, and not at all from
    `expires_at` on.
    """

    issuer: str
    jti: str
    expires_at: int
    subject: str | None
    sid: str | None


def judge_logout_token(jws: ForeignJws, *, issuer: str, client_id: str, now: int) -> Logout:
    """What is over, if a verified token says so to us, and now (section 2.6).

    Raises:
        InvalidToken: it does not; the subclass says why. An id_token is never taken for one.
    """
    claims = jws.claims
    if jws.typ not in _TYPES:
        raise WrongType("typ is not that of a logout_token")
    if claims.get("iss") != issuer:
        raise WrongIssuer("iss is not the provider's")
    if client_id not in read_audiences(claims):
        raise WrongAudience("aud is not this service")
    (judge_times if "exp" in claims else judge_issued)(claims, now)
    events = claims.get("events")
    if type(events) is not dict or type(events.get(EVENT)) is not dict:
        raise InvalidClaims("events does not name a logout")
    if "nonce" in claims:
        raise InvalidClaims("a logout_token has no nonce")
    if "sub" not in claims and "sid" not in claims:
        raise InvalidClaims("neither sub nor sid")
    return Logout(
        issuer=issuer,
        jti=read_name(claims, "jti"),
        expires_at=claims["iat"] + OLDEST + LEEWAY,
        subject=read_subject(claims) if "sub" in claims else None,
        sid=read_name(claims, "sid") if "sid" in claims else None,
    )
