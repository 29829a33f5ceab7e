"""What is around every handler: who may enter, how errors look, what is noted.

Each route is mounted with it, instead of in aiohttp's middlewares: nothing has to be looked up for a request that
was known when the route was declared, and a handler that was mounted without it is found at start-up.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import structlog
from aiohttp import web
from safeconduct.errors import SafeconductError

from service.clock import Clock
from service.domain.principal import CredentialKind, Nobody, SignedIn
from service.web.access_log import AccessLog
from service.web.appkeys import FORM, PRINCIPAL
from service.web.authentication import Authentication
from service.web.client_address import client_address, is_among, read_networks
from service.web.confirmation import demand_confirmation
from service.web.cross_origin import CrossOriginPages
from service.web.error_answers import REQUEST_ID_HEADER, ErrorAnswers
from service.web.form_confirmation import carry_renewed, confirm_by_form
from service.web.limits import receive_body
from service.web.metrics import Metrics
from service.web.origin import SAFE, SameOrigin
from service.web.page_errors import PageErrors, wants_page
from service.web.page_forms import demand_form_token, read_form
from service.web.problems import problem_of
from service.web.routing import Answers, Handler, Route
from service.web.services import Services
from service.web.token_end import tell_end

log = structlog.get_logger("web")

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NOBODY: Final = Nobody()
_BY_HANDLER: Final = frozenset({CredentialKind.CLIENT, CredentialKind.GATEWAY, CredentialKind.NOBODY})
_UNDECLARED: Final = "-"


@dataclass(frozen=True, slots=True)
class Entrance:
    """One method of a route on its whole path, with what can be known before a request comes.

    `authenticates` is false where the handler itself reads the credential, because it may stand in the form, or
    beside the token that a gateway asks about.
    """

    route: Route
    method: str
    path: str
    longest_body: int
    authenticates: bool

    @classmethod
    def to(cls, route: Route, method: str, path: str, *, longest_body: int) -> "Entrance":
        by_handler = route.callers <= _BY_HANDLER and route.callers != {CredentialKind.NOBODY}
        return cls(route, method, path, route.max_body or longest_body, authenticates=not by_handler)


class Edge:
    """The surroundings of all handlers of one application."""

    def __init__(
        self,
        services: Services,
        *,
        errors: ErrorAnswers,
        metrics: Metrics,
        access_log: AccessLog | None,
        clock: Clock,
        pages: PageErrors | None = None,
    ) -> None:
        settings = services.settings
        self._clock = clock
        self._services = services
        self._errors = errors
        self._pages = pages
        self._metrics = metrics
        self._access_log = access_log
        self._authenticate = Authentication(services)
        self._pages_elsewhere = CrossOriginPages(services.elsewhere.origins)
        self._origin = SameOrigin(settings.issuer, self._pages_elsewhere)
        self._trusted = read_networks(settings.trusted_proxies)
        self._body_timeout = settings.body_timeout
        self._ids = _random_ids()

    def entered_by(self, entrance: Entrance) -> Handler:
        """The handler of a route with everything around it."""
        route, handler, within = entrance.route, entrance.route.handler, self._body_timeout
        counts = self._metrics.of(entrance.path, entrance.method)

        async def enter(request: web.Request) -> web.StreamResponse:
            began = perf_counter()
            request_id = self._request_id(request)
            request[PRINCIPAL] = _NOBODY
            try:
                if entrance.authenticates:
                    await self._admit(request, route)
                if request.body_exists:
                    await receive_body(request, longest=entrance.longest_body, within=within)
                if route.answers is Answers.PAGE and route.method not in SAFE:
                    await self._take_form(request)
                if route.confirmed:
                    await self._confirm(request)
                response = await handler(request)
            except SafeconductError as error:
                response = await self._refusal(request, error, entrance, request_id)
            except web.HTTPException as error:
                response = self._errors.of_status(error.status, route, request_id, error.headers)
            except Exception as error:
                if request.transport is None:
                    raise  # the caller has gone: aiohttp expects the error of its own broken stream
                response = self._bug(request, error, entrance, request_id)
            carry_renewed(self._services, request, response)
            tell_end(request[PRINCIPAL], response, self._clock)
            self._pages_elsewhere.open(request, route, response)
            seconds, who = perf_counter() - began, request[PRINCIPAL].actor
            counts.answered(response.status, seconds)
            self._finish(request, response, (request_id, entrance.method, entrance.path), seconds, who)
            return response

        return enter

    def unrouted(self, request: web.BaseRequest, refused: web.HTTPException) -> web.StreamResponse:
        """The answer where no route is: an unknown path, another method, an expectation we cannot meet."""
        request_id = self._request_id(request)
        response: web.StreamResponse
        if self._pages is not None and wants_page(request):
            response = self._pages.failed(request, refused.status, request_id)
        else:
            response = self._errors.of_status(refused.status, None, request_id, refused.headers)
        self._metrics.of(_UNDECLARED, _UNDECLARED).answered(response.status, 0.0)
        self._finish(request, response, (request_id, _UNDECLARED, _UNDECLARED), 0.0, _NOBODY.actor)
        return response

    def _finish(
        self,
        request: web.BaseRequest,
        response: web.StreamResponse,
        asked: tuple[str, str, str],
        seconds: float,
        who: str,
    ) -> None:
        if self._services.readiness.stopping:
            response.force_close()
        if self._access_log is not None:
            address = client_address(request, self._trusted) if self._trusted else request.remote
            self._access_log.answered(*asked, response.status, seconds, who, address or "")

    async def _admit(self, request: web.Request, route: Route) -> None:
        request[PRINCIPAL] = principal = await self._authenticate(request, route)
        self._origin.demand(request, principal, route.answers)

    async def _take_form(self, request: web.Request) -> None:
        request[FORM] = form = await read_form(request)
        demand_form_token(form, request[PRINCIPAL])
        await confirm_by_form(self._services, request)

    async def _confirm(self, request: web.Request) -> None:
        if isinstance(principal := request[PRINCIPAL], SignedIn):
            await demand_confirmation(self._services, principal)

    async def _refusal(
        self, request: web.Request, error: SafeconductError, entrance: Entrance, request_id: str
    ) -> web.StreamResponse:
        if problem_of(error).status >= 500:
            log.warning(error.code, route=entrance.path, request=request_id, reason=str(error))
        if self._pages is not None and entrance.route.answers is Answers.PAGE:
            return await self._pages.refused(request, error, request_id)
        return self._errors.of(error, entrance.route, request_id)

    def _bug(
        self, request: web.Request, error: Exception, entrance: Entrance, request_id: str
    ) -> web.StreamResponse:
        log.error("unhandled", route=entrance.path, request=request_id, exc_info=error)
        if self._pages is not None and entrance.route.answers is Answers.PAGE:
            return self._pages.failed(request, 500, request_id)
        return self._errors.of_status(500, entrance.route, request_id)

    def _request_id(self, request: web.BaseRequest) -> str:
        """16 random bytes; a proxy that we trust may bring its own."""
        if self._trusted:
            given = request.headers.get(REQUEST_ID_HEADER, "")
            if _GIVEN_ID.fullmatch(given) and is_among(request.remote, self._trusted):
                return given
        return next(self._ids)


def _random_ids() -> Iterator[str]:
    """32 hex digits at a time, the randomness fetched for many at once."""
    while True:
        block = secrets.token_hex(4_096)
        yield from (block[start : start + 32] for start in range(0, len(block), 32))
