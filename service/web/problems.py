"""Errors as answers: the one table, and the two forms they take (RFC 9457, RFC 6749 section 5.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from safeconduct.document import CatalogueInvalid
from safeconduct.errors import InsufficientScope, InvalidToken, SafeconductError, Unavailable
from safeconduct.scope import UnknownScope

from keys import errors as keys
from service.domain import errors as domain
from service.domain.catalogue import UnknownAudience
from service.domain.factor_errors import SecondFactorMissing, SecondFactorNeeded
from service.domain.grant_errors import GrantRefused
from service.redaction import redact
from service.web import refusals


@dataclass(frozen=True, slots=True)
class Problem:
    """How one kind of error is answered. `told`: its text is meant for the caller; `retry_after` in seconds."""

    status: int
    title: str
    told: bool = True
    retry_after: int | None = None


_INTERNAL: Final = Problem(500, "Something went wrong here", told=False)

PROBLEMS: Final[Mapping[type[SafeconductError], Problem]] = {
    SafeconductError: _INTERNAL,
    domain.ServiceError: _INTERNAL,
    domain.Refused: Problem(400, "The request is refused"),
    domain.Faulty: Problem(422, "Some values are not acceptable"),
    domain.IdempotencyKeyReused: Problem(422, "This key belongs to another request"),
    domain.NotSignedIn: Problem(401, "Sign in first"),
    domain.SignInFailed: Problem(401, "Name or password is wrong"),
    SecondFactorNeeded: Problem(401, "A second factor is needed"),
    domain.ConfirmationNeeded: Problem(401, "Confirm your password first"),
    domain.NotAllowed: Problem(403, "This is not yours to do"),
    SecondFactorMissing: Problem(403, "Set up a second factor first"),
    domain.AuditorChangesNothing: Problem(403, "Auditors change nothing"),
    domain.ScopeExceedsGrant: Problem(403, "You may not hand out all of these scopes"),
    domain.NotFound: Problem(404, "There is no such thing, or it is not yours"),
    domain.Gone: Problem(410, "It is over and will not come back"),
    domain.WrongState: Problem(409, "Its present state does not allow this"),
    domain.TokenIsRevoked: Problem(409, "This token is revoked"),
    domain.TokenIsNotRevoked: Problem(409, "This token is not revoked"),
    domain.TokenIsSuspended: Problem(409, "This token is paused"),
    domain.TokenIsExpired: Problem(409, "This token has expired"),
    domain.NeedsNewValue: Problem(409, "This change needs a new value"),
    domain.InProgress: Problem(409, "The first request is still under way", retry_after=1),
    domain.AlreadyExists: Problem(409, "It exists already"),
    domain.LimitReached: Problem(409, "A limit is reached"),
    domain.Busy: Problem(429, "Too many requests"),
    domain.NoPlace: Problem(503, "Every place is taken; try again later", told=False, retry_after=10),
    domain.Unknown: Problem(503, "This cannot be told now; try again", told=False, retry_after=2),
    domain.StorageUnavailable: Problem(503, "This cannot be told now; try again", told=False, retry_after=2),
    domain.OutcomeUnknown: Problem(
        503, "Whether it was done is unknown; ask again", told=False, retry_after=1
    ),
    domain.CannotSign: Problem(503, "Nothing can be signed at the moment", told=False, retry_after=30),
    domain.RecoveryNeeded: Problem(
        503, "An operator has to recover the database first", told=False, retry_after=30
    ),
    UnknownAudience: Problem(422, "No API is registered under this name"),
    UnknownScope: Problem(422, "There is no such scope"),
    GrantRefused: Problem(400, "No token is given for this"),
    CatalogueInvalid: Problem(422, "This is no catalogue"),
    refusals.MalformedRequest: Problem(400, "The request cannot be understood"),
    refusals.UnknownMembers: Problem(400, "The body has unknown members"),
    refusals.UnknownParameters: Problem(400, "The query cannot be understood"),
    refusals.SeveralCredentials: Problem(400, "One credential at a time"),
    refusals.AmbiguousFraming: Problem(400, "The request cannot be understood"),
    refusals.SessionEnded: Problem(401, "Sign in again"),
    refusals.CrossOrigin: Problem(403, "This request came from another origin"),
    refusals.BodyTooSlow: Problem(408, "The body did not arrive in time"),
    refusals.BodyTooLarge: Problem(413, "The body is too large"),
    refusals.UnsupportedMediaType: Problem(415, "Not a media type that is read here"),
    refusals.HeadersTooLarge: Problem(431, "The headers are too large"),
    InvalidToken: Problem(401, "This token is not honoured"),
    InsufficientScope: Problem(403, "This token may not do that"),
    Unavailable: Problem(503, "This cannot be told now; try again", told=False, retry_after=2),
    keys.KeyFailure: _INTERNAL,
    keys.KeyNotFound: Problem(404, "There is no such key"),
    keys.IllegalTransition: Problem(409, "The key's state does not allow this"),
    keys.RotationRefused: Problem(409, "To rotate now would leave verifiers behind"),
    keys.VerifyOnly: Problem(503, "The private keys cannot be opened", told=False, retry_after=30),
}
"""Every error's answer, or its nearest base's. What is in no row of its own is nobody's business outside."""


def problem_of(error: SafeconductError) -> Problem:
    """The row of the error's class, or of its nearest base."""
    return problem_of_kind(type(error))


def problem_of_kind(kind: type[SafeconductError]) -> Problem:
    return next(PROBLEMS[each] for each in kind.__mro__ if each in PROBLEMS)


class FaultShown(msgspec.Struct, kw_only=True):
    """One thing wrong with a request: `where` is a path like `scopes[1]`, `code` is stable."""

    where: str
    code: str
    detail: str


class ProblemDocument(msgspec.Struct, kw_only=True):
    """RFC 9457 section 3. `code` is API; texts are for people and never hold a secret.

    `instance` is the request's id in the logs, `second_factors` what the account takes beside its password, `policy`
    the place in the policy where a ceiling is set, `regenerate` the call that would make the change.
    """

    type: str
    title: str
    status: int
    code: str
    instance: str
    detail: str | UnsetType = UNSET
    faults: list[FaultShown] | UnsetType = UNSET
    second_factors: list[str] | UnsetType = UNSET
    policy: str | UnsetType = UNSET
    regenerate: dict[str, Any] | UnsetType = UNSET


class OAuthDocument(msgspec.Struct, kw_only=True):
    """RFC 6749 section 5.2."""

    error: str


def document(error: SafeconductError, issuer: str, request_id: str) -> ProblemDocument:
    """The body that answers an error."""
    problem = problem_of(error)
    told = _document(issuer, problem.status, code_of(type(error)), problem.title, request_id)
    if problem.told and (detail := str(error)):
        told.detail = _tellable(detail)
    if faults := getattr(error, "faults", ()):
        told.faults = [_fault(fault) for fault in faults if isinstance(fault, domain.Fault)]
    if isinstance(error, SecondFactorNeeded):
        told.second_factors = [*error.kinds]
    if isinstance(error, domain.LimitReached):
        told.policy = error.policy
    if isinstance(error, domain.NeedsNewValue):
        told.regenerate = error.regenerate
    return told


def plain_document(status: int, issuer: str, request_id: str) -> ProblemDocument:
    """The body for what has no error of ours: an unknown path, a wrong method, a bug."""
    phrase = HTTPStatus(status).phrase
    code = "internal_error" if status >= 500 and status != 501 else phrase.lower().replace(" ", "_")
    title = _INTERNAL.title if code == "internal_error" else phrase
    return _document(issuer, status, code, title, request_id)


def example_document(kind: type[SafeconductError], issuer: str, request_id: str) -> ProblemDocument:
    """The body that answers errors of this kind, as far as it is the same for all of them."""
    problem = problem_of_kind(kind)
    return _document(issuer, problem.status, code_of(kind), problem.title, request_id)


def code_of(kind: type[SafeconductError]) -> str:
    """What the outside is told: what has no row of its own is an internal error."""
    return "internal_error" if problem_of_kind(kind) is _INTERNAL else kind.code


def oauth_document(status: int, kind: type[SafeconductError] | None = None) -> OAuthDocument:
    """Which error it is follows from the status alone, but for refused grants."""
    if kind is not None and issubclass(kind, GrantRefused):
        return OAuthDocument(error=kind.code)
    return OAuthDocument(
        error=_OAUTH_ERRORS.get(status, "server_error" if status >= 500 else "invalid_request")
    )


_OAUTH_ERRORS: Final = {
    401: "invalid_client",
    403: "unauthorized_client",
    429: "temporarily_unavailable",
    503: "temporarily_unavailable",
}


def _document(issuer: str, status: int, code: str, title: str, request_id: str) -> ProblemDocument:
    return ProblemDocument(
        type=f"{issuer}/help/{code}", title=title, status=status, code=code, instance=request_id
    )


def _fault(fault: domain.Fault) -> FaultShown:
    return FaultShown(where=_tellable(fault.where), code=fault.code, detail=_tellable(fault.detail))


def _tellable(text: str) -> str:
    """Without secrets, and without halves of characters, which have no UTF-8."""
    return redact(text).encode("utf-8", "backslashreplace").decode()
