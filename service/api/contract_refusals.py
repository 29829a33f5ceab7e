"""Which errors a route can answer: what its edge refuses follows from the table, the rest is said by `@contract`."""

from collections.abc import Iterator
from typing import Final

from safeconduct.errors import (
    AddressNotAllowed,
    BadSignature,
    InsufficientScope,
    InvalidClaims,
    InvalidToken,
    SafeconductError,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    TokenRevoked,
    TokenSuspended,
    UnknownKey,
    WrongAlgorithm,
    WrongAudience,
    WrongIssuer,
    WrongType,
)

from keys.errors import VerifyOnly
from service.api.contract import Contract, contract_of
from service.application.clock_mark import ClockBehind
from service.application.foreign_issuer import IssuerUnavailable
from service.domain.errors import (
    AuditorChangesNothing,
    CannotSign,
    ConfirmationNeeded,
    Faulty,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RecoveryNeeded,
    StorageUnavailable,
)
from service.domain.factor_errors import SecondFactorMissing
from service.domain.principal import CredentialKind
from service.web.refusals import (
    AmbiguousFraming,
    BodyTooLarge,
    BodyTooSlow,
    CrossOrigin,
    HeadersTooLarge,
    MalformedRequest,
    SeveralCredentials,
    UnknownMembers,
    UnknownParameters,
    UnsupportedMediaType,
)
from service.web.routing import Route

PEOPLE: Final = frozenset(
    {
        CredentialKind.SESSION,
        CredentialKind.USER,
        CredentialKind.AUDITOR,
        CredentialKind.ADMINISTRATOR,
    }
)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OF_ALL: Final = (MalformedRequest, HeadersTooLarge)
_BEARER: Final = (
    SeveralCredentials,
    NotSignedIn,
    InvalidToken,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    TokenRevoked,
    TokenSuspended,
    AddressNotAllowed,
)
_OF_PLATFORM: Final = (
    BadSignature,
    InvalidClaims,
    UnknownKey,
    WrongAlgorithm,
    WrongAudience,
    WrongIssuer,
    WrongType,
    IssuerUnavailable,
)
"""What is wrong with the access token of a platform is told to whoever shows one."""
_OF_BODY: Final = (AmbiguousFraming, BodyTooLarge, BodyTooSlow, UnsupportedMediaType, Faulty)

CANNOT_SIGN: Final = (CannotSign, RecoveryNeeded, ClockBehind, VerifyOnly)
"""Why nothing is signed at the moment."""

Kind = type[SafeconductError]


def refusals_of(route: Route) -> list[Kind]:
    """Every kind of error that calls of this route are answered with, each once."""
    said = contract_of(route.handler)
    return list(dict.fromkeys((*_OF_ALL, *_of_callers(route), *_of_request(route, said), *said.raises)))


def _of_callers(route: Route) -> Iterator[Kind]:
    if CredentialKind.GATEWAY in route.callers:
        yield from (*_BEARER, WrongAudience, Faulty, StorageUnavailable)
    elif CredentialKind.CLIENT in route.callers:
        yield from (NotSignedIn, SeveralCredentials, Faulty, StorageUnavailable)
    elif CredentialKind.NOBODY not in route.callers:
        yield from (*_BEARER, *_OF_PLATFORM, NotAllowed, StorageUnavailable)
        if route.callers & PEOPLE and not route.without_factor:
            yield SecondFactorMissing
        if not route.callers & {CredentialKind.SESSION, CredentialKind.AUDITOR}:
            yield AuditorChangesNothing
        if route.callers & PEOPLE and CredentialKind.TOKEN in route.callers:
            yield InsufficientScope
        if route.callers & PEOPLE and route.method not in _SAFE:
            yield CrossOrigin
    elif route.method not in _SAFE:
        yield from (CrossOrigin, StorageUnavailable)
    if route.confirmed:
        yield ConfirmationNeeded


def _of_request(route: Route, said: Contract) -> Iterator[Kind]:
    if "{" in route.path:
        yield NotFound
    if said.query is not None:
        yield from (UnknownParameters, Faulty)
    if said.form is not None:
        yield from _OF_BODY
    if said.body is not None:
        yield from (*_OF_BODY, UnknownMembers)
