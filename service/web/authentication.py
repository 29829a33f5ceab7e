"""Who calls, and whether the route takes that kind of credential, whatever carries it (R16)."""

from aiohttp import hdrs, web
from safeconduct.errors import AddressNotAllowed, InvalidToken

from service.application.introspect import address_allowed
from service.application.refusal import demand_honoured
from service.domain.errors import AuditorChangesNothing, NotAllowed, NotSignedIn
from service.domain.factor_errors import SecondFactorMissing
from service.domain.principal import CredentialKind, Nobody, Principal, SignedIn, TokenBearer
from service.domain.usage import RefusalReason, reason_of
from service.domain.user import Role
from service.web.client_address import client_address, read_networks
from service.web.credentials import Jwt, OtherScheme, SessionSecret, cookie_name, shown_credential
from service.web.refusals import SessionEnded
from service.web.routing import Route
from service.web.services import Services

_NOBODY = Nobody()
_OF_ROLE = {
    Role.USER: frozenset({CredentialKind.SESSION, CredentialKind.USER}),
    Role.AUDITOR: frozenset({CredentialKind.SESSION, CredentialKind.AUDITOR}),
    Role.ADMINISTRATOR: frozenset(
        {CredentialKind.SESSION, CredentialKind.USER, CredentialKind.ADMINISTRATOR}
    ),
}


class Authentication:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._platform = services.elsewhere.platform
        self._sightings = services.usage.sightings
        self._cookie = cookie_name(secure=services.settings.secure)
        self._trusted = read_networks(services.settings.trusted_proxies)

    async def __call__(self, request: web.Request, route: Route) -> Principal:
        """The caller.

        Raises:
            NotSignedIn: no credential of a scheme that the route takes.
            InvalidToken: a Bearer credential that is worth nothing (any more).
            NotAllowed: a good credential of another kind, or a role too low, or a second factor to be set up first.
            SeveralCredentials: more than one.
        """
        if CredentialKind.NOBODY in route.callers:
            return _NOBODY
        credential = shown_credential(request, self._cookie)
        match credential:
            case None | OtherScheme():
                raise NotSignedIn("show a credential that this route takes")
            case SessionSecret():
                return self._admit_session(await self._session(credential), route)
            case Jwt(text) if self._platform.claims_to_be(text):
                return self._admit_platform(await self._platform(text), route)
            case Jwt(text):
                return self._admit_token(await self._token(text, request), route)

    async def _session(self, shown: SessionSecret) -> SignedIn:
        who = await self._services.sessions.find(shown.secret, shown.carrier)
        if who is None:
            raise SessionEnded("the session has ended")
        return who

    def _admit_session(self, who: SignedIn, route: Route) -> SignedIn:
        if route.callers.isdisjoint(_OF_ROLE[who.user.role]):
            if who.user.role is Role.AUDITOR:
                raise AuditorChangesNothing
            raise NotAllowed("your role does not allow this")
        if not route.without_factor:
            self._demand_factor(who)
        return who

    def _demand_factor(self, who: SignedIn) -> None:
        """Of whom the policy demands one. Who never signs in by a password has proven as much to somebody else."""
        rules = self._services.current.catalogue.policy.of(who.user)
        if rules.needs_second_factor and not who.has_second_factor and who.user.password_hash is not None:
            raise SecondFactorMissing

    def _admit_platform(self, who: SignedIn, route: Route) -> SignedIn:
        """For what is its user's own, whatever their role may do besides; an auditor changes nothing by it either."""
        if CredentialKind.PLATFORM not in route.callers:
            raise NotAllowed("a platform's token manages the tokens of its user, and nothing else")
        if who.user.role is Role.AUDITOR and CredentialKind.SESSION not in route.callers:
            raise AuditorChangesNothing
        return who

    async def _token(self, text: str, request: web.Request) -> TokenBearer:
        recognised = await self._services.recognise(text)
        if recognised is None:
            raise InvalidToken("this token is not from here, or is damaged")
        truth, address = recognised.truth, client_address(request, self._trusted)
        user_agent = request.headers.get(hdrs.USER_AGENT)
        if truth.reason is not None:
            self._sightings.refused(truth, reason_of(truth.reason), address, user_agent)
        demand_honoured(truth)
        claims = recognised.reading.claims
        if claims.allowed_ips and not address_allowed(address, claims.allowed_ips):
            self._sightings.refused(truth, RefusalReason.ADDRESS, address, user_agent)
            raise AddressNotAllowed("this token is bound to other addresses")
        self._sightings.accepted(truth, address, user_agent)
        return TokenBearer(claims, truth)

    def _admit_token(self, who: TokenBearer, route: Route) -> TokenBearer:
        if CredentialKind.TOKEN not in route.callers:
            raise NotAllowed("a personal access token manages nothing but itself and what it made")
        return who
