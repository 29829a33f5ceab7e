"""Forward authentication: what a gateway asks about a request that it has not let through yet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from safeconduct import Claims
from safeconduct.errors import AddressNotAllowed, InsufficientScope, InvalidToken, WrongAudience

from service.application.current import Current
from service.application.introspect import address_allowed
from service.application.recognition import RecogniseToken
from service.application.refusal import demand_honoured
from service.application.short_recognition import RecogniseShort
from service.application.sightings import Sightings
from service.domain.short_token import ShortTruth
from service.domain.token import TokenTruth
from service.domain.usage import RefusalReason, reason_of


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a request carried that may pass; `token_id` None for an access token without a record of its own."""

    claims: Claims
    token_id: str | None


class ForwardAuth:
    def __init__(
        self,
        recognise: RecogniseToken,
        recognise_short: RecogniseShort,
        current: Current,
        sightings: Sightings,
    ) -> None:
        self._recognise = recognise
        self._recognise_short = recognise_short
        self._current = current
        self._sightings = sightings

    async def __call__(
        self,
        token: str,
        *,
        audiences: Collection[str],
        scopes: Sequence[str],
        address: str | None,
        user_agent: str | None = None,
    ) -> Admitted:
        """The token, if it holds now, is for one of `audiences`, covers all `scopes` and is used from where it may be.

        Unlike introspection it says why not: the answer goes to whoever holds the token.

        Raises:
            InvalidToken: and its kinds; the request is not authenticated (401).
            InsufficientScope: it is, but not for this (403).
            StorageUnavailable: never answered as yes nor as no.
        """
        recognised = await self._recognise(token)
        if recognised is None:
            return await self._short(token, audiences, scopes, address)
        claims, truth = recognised.reading.claims, recognised.truth
        try:
            self._demand(claims, truth, audiences, scopes, address)
        except (InvalidToken, InsufficientScope) as error:
            self._sightings.refused(truth, _reason(error, truth), address, user_agent)
            raise
        self._sightings.accepted(truth, address, user_agent)
        return Admitted(claims, truth.token_id)

    async def _short(
        self, token: str, audiences: Collection[str], scopes: Sequence[str], address: str | None
    ) -> Admitted:
        recognised = await self._recognise_short(token)
        if recognised is None:
            raise InvalidToken("this token is not from here, or is damaged")
        self._demand(recognised.claims, recognised.truth, audiences, scopes, address)
        return Admitted(recognised.claims, None)

    def _demand(
        self,
        claims: Claims,
        truth: TokenTruth | ShortTruth,
        audiences: Collection[str],
        scopes: Sequence[str],
        address: str | None,
    ) -> None:
        if set(claims.aud).isdisjoint(audiences):
            raise WrongAudience("this token was made for another API")
        demand_honoured(truth)
        if claims.allowed_ips and not address_allowed(address, claims.allowed_ips):
            raise AddressNotAllowed("this token is bound to other addresses")
        if beyond := self._current.catalogue.scopes.beyond(claims.scope, scopes):
            raise InsufficientScope(f"this needs {' '.join(beyond)}")


def _reason(error: InvalidToken | InsufficientScope, truth: TokenTruth) -> RefusalReason:
    match error:
        case WrongAudience():
            return RefusalReason.WRONG_AUDIENCE
        case AddressNotAllowed():
            return RefusalReason.ADDRESS
        case InsufficientScope():
            return RefusalReason.MISSING_SCOPE
    return reason_of(truth.reason or "")
