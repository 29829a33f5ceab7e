"""What a token is, in words, and why it holds or does not: for people at a prompt, never for a decision."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from safeconduct import errors
from safeconduct.profiles import in_words
from safeconduct.tables import Row, plain
from safeconduct.words import day_of, title, unverified

NO_END: Final = 4_102_444_800
"""`exp` of a token without expiration: 2100-01-01T00:00:00Z."""

_DAY = 86_400
_STEPS: Final[tuple[tuple[str, tuple[type[errors.SafeconductError], ...]], ...]] = (
    ("form", (errors.TokenMalformed, errors.WrongType)),
    (
        "signature",
        (errors.WrongAlgorithm, errors.UnknownKey, errors.WrongKeyPurpose, errors.BadSignature),
    ),
    ("claims", (errors.InvalidClaims,)),
    ("issuer", (errors.WrongIssuer,)),
    ("audience", (errors.WrongAudience,)),
    ("times", (errors.TokenExpired, errors.TokenNotYetValid, errors.LifetimeTooLong)),
    (
        "status",
        (
            errors.StatusMissing,
            errors.UnknownStatus,
            errors.TokenRevoked,
            errors.TokenSuspended,
            errors.TokenInactive,
        ),
    ),
    ("address", (errors.AddressNotAllowed,)),
    ("scope", (errors.InsufficientScope,)),
)
_GOOD: Final[Mapping[str, str]] = {
    "form": "a signed token in its one strict form",
    "signature": "by a published key of the issuer",
    "claims": "complete and well-formed",
    "issuer": "the one that was asked",
    "audience": "this API",
    "times": "in force",
    "status": "not revoked and not paused",
    "address": "from anywhere it may be used",
    "scope": "enough",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked. `holds` is None where the check did not come so far."""

    about: str
    holds: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`says` is what stands in the token, in words and unproven; `findings` are in the order of the checks.

    `holds` is None where it could not be told.
    """

    holds: bool | None
    code: str | None
    verdict: str
    says: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain dicts and lists; the members are API."""
        return {**asdict(self), "says": dict(self.says)}

    def heading(self) -> str:
        return self.verdict

    def tables(self) -> tuple[tuple[Row, ...], ...]:
        """What the token says, if it can be read, and what was checked."""
        marks = {True: "yes", False: "NO", None: "-"}
        says = tuple(Row(name, "", words) for name, words in self.says)
        found = tuple(Row(each.about, marks[each.holds], each.words, each.holds) for each in self.findings)
        return tuple(table for table in (says, found) if table)

    def closing(self) -> str:
        return ""

    def __str__(self) -> str:
        return plain(self)


def explain(
    token: str, error: errors.SafeconductError | None, *, now: int, list_age: int | None = None
) -> Explanation:
    """`token` in words, and the verdict that a verifier came to at `now`: `error`, or None for accepted.

    `list_age` is seconds: how old the news is that the status was read from.
    """
    read = unverified(token)
    says = () if read is None else tuple(_say(*read, now))
    told = not isinstance(error, errors.Unavailable)
    verdict = "This token holds." if error is None else f"{title(error, token)}."
    return Explanation(
        holds=(error is None) if told else None,
        code=None if error is None else error.code,
        verdict=verdict,
        says=says,
        findings=tuple(_findings(token, error, list_age)),
    )


def _findings(token: str, error: errors.SafeconductError | None, list_age: int | None) -> list[Finding]:
    age = "" if list_age is None else f", by a list that is {in_words(list_age)} old"
    findings = []
    failed = isinstance(error, errors.Unavailable)
    for about, kinds in _STEPS:
        if failed:
            findings.append(Finding(about, None, "not told"))
        elif isinstance(error, kinds):
            failed = True
            findings.append(Finding(about, False, title(error, token) + (age if about == "status" else "")))
        else:
            findings.append(Finding(about, True, _GOOD[about] + (age if about == "status" else "")))
    return findings


def _say(header: Mapping[str, Any], claims: Mapping[str, Any], now: int) -> list[tuple[str, str]]:
    """Each claim as a line. What is no string or number where one should be is shown as it stands."""
    lines = [
        ("issued by", claims.get("iss")),
        ("for", _listed(claims.get("aud"))),
        ("acts for", claims.get("sub")),
        ("may", claims.get("scope", "nothing in particular")),
        ("issued", _moment(claims.get("iat"), now)),
        ("starts", _moment(claims["nbf"], now) if "nbf" in claims else None),
        ("ends", "never" if claims.get("exp") == NO_END else _moment(claims.get("exp"), now)),
        ("only from", _listed(claims["allowed_ips"]) if "allowed_ips" in claims else None),
        ("id", claims.get("jti")),
        ("signed", f"{header.get('alg')}, key {header.get('kid')}"),
        ("status at", _place(claims.get("status"))),
    ]
    return [(name, printable(value)) for name, value in lines if value is not None]


def _moment(time: object, now: int) -> str:
    day = day_of(time)
    if day is None or not isinstance(time, int):
        return f"{time!r}, which is no time"
    distance = abs(time - now)
    far = f"{distance // _DAY} days" if distance >= 2 * _DAY else in_words(distance)
    return f"{day} (in {far})" if time > now else f"{day} ({far} ago)"


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _place(status: object) -> str:
    reference = status.get("status_list") if isinstance(status, dict) else None
    if not isinstance(reference, dict):
        return "no list: it cannot be revoked before it ends"
    return f"{reference.get('uri')}, place {reference.get('idx')}"


def printable(value: object) -> str:
    """As one line for a terminal: what would move its cursor or colour it is written out."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in str(value))
