"""Forward authentication: what a gateway asks about a request that it has not let through yet."""

from collections.abc import Collection, Sequence

from safeconduct.errors import AddressNotAllowed, InsufficientScope, InvalidToken, WrongAudience

from service.application.current import Current
from service.application.introspect import address_allowed
from service.application.recognition import Recognised, RecogniseToken
from service.application.refusal import demand_honoured
from service.application.sightings import Sightings
from service.domain.token import TokenTruth
from service.domain.usage import RefusalReason, reason_of


class ForwardAuth:
    def __init__(self, recognise: RecogniseToken, current: Current, sightings: Sightings) -> None:
        self._recognise = recognise
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
    ) -> Recognised:
        """The token, if it holds now, is for one of `audiences`, covers all `scopes` and is used from where it may be.

        Unlike introspection it says why not: the answer goes to whoever holds the token.

        Raises:
            InvalidToken: and its kinds; the request is not authenticated (401).
            InsufficientScope: it is, but not for this (403).
            StorageUnavailable: never answered as yes nor as no.
        """
        recognised = await self._recognise(token)
        if recognised is None:
            raise InvalidToken("this token is not from here, or is damaged")
        try:
            self._demand(recognised, audiences, scopes, address)
        except (InvalidToken, InsufficientScope) as error:
            self._sightings.refused(recognised.truth, _reason(error, recognised.truth), address, user_agent)
            raise
        self._sightings.accepted(recognised.truth, address, user_agent)
        return recognised

    def _demand(
        self, recognised: Recognised, audiences: Collection[str], scopes: Sequence[str], address: str | None
    ) -> None:
        claims = recognised.reading.claims
        if set(claims.aud).isdisjoint(audiences):
            raise WrongAudience("this token was made for another API")
        demand_honoured(recognised.truth)
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
