"""The one thing around every handler: who may enter, how errors look, what is noted."""

import asyncio
import re
import secrets
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import structlog
from aiohttp import web
from safeconduct.errors import SafeconductError

from service.domain.principal import CredentialKind, Nobody, Principal, SignedIn
from service.web.access_log import AccessLog
from service.web.appkeys import PRINCIPAL, REQUEST_ID
from service.web.authentication import Authentication
from service.web.client_address import client_address, is_among, read_networks
from service.web.confirmation import demand_confirmation
from service.web.error_answers import REQUEST_ID_HEADER, ErrorAnswers
from service.web.limits import receive_body
from service.web.metrics import Metrics
from service.web.origin import SameOrigin
from service.web.problems import problem_of
from service.web.routing import Answers, Handler, Route
from service.web.services import Services

log = structlog.get_logger("web")

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NOBODY: Final = Nobody()
_BY_HANDLER: Final = frozenset({CredentialKind.CLIENT, CredentialKind.NOBODY})
_UNDECLARED: Final = "-"


@dataclass(frozen=True, slots=True)
class Entrance:
    """A route as the middleware asks for it: everything that can be known before a request comes.

    `authenticates` is false where the handler itself reads the credential, because it may stand in the form.
    """

    route: Route
    template: str
    longest_body: int
    authenticates: bool

    @classmethod
    def to(cls, route: Route, template: str, *, longest_body: int) -> "Entrance":
        by_handler = route.answers is Answers.OAUTH and route.callers <= _BY_HANDLER
        return cls(route, template, route.max_body or longest_body, authenticates=not by_handler)


class Edge:
    """The middleware of one application. `entrances` is filled as routes are mounted, by aiohttp's own route."""

    def __init__(
        self, services: Services, *, errors: ErrorAnswers, metrics: Metrics, access_log: AccessLog | None
    ) -> None:
        self.entrances: dict[web.AbstractRoute, Entrance] = {}
        self._services = services
        self._errors = errors
        self._metrics = metrics
        self._access_log = access_log
        self._authenticate = Authentication(services)
        self._origin = SameOrigin(services.settings.issuer)
        self._trusted = read_networks(services.settings.trusted_proxies)
        self._body_timeout = services.settings.body_timeout

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began = perf_counter()
        request[REQUEST_ID] = request_id = self._request_id(request)
        request[PRINCIPAL] = _NOBODY
        entrance = self.entrances.get(request.match_info.route)
        try:
            if entrance is not None:
                await self._admit(request, entrance)
            response = await handler(request)
        except SafeconductError as error:
            response = self._refusal(error, entrance, request_id)
        except web.HTTPException as error:
            route = entrance.route if entrance is not None else None
            response = self._errors.of_status(error.status, route, request_id, error.headers)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if request.transport is None:
                raise  # the caller has gone: aiohttp expects the error of its own broken stream
            response = self._bug(error, entrance, request_id)
        if self._services.readiness.stopping:
            response.force_close()
        self._note(request, request_id, entrance, response.status, perf_counter() - began)
        return response

    async def _admit(self, request: web.Request, entrance: Entrance) -> None:
        route = entrance.route
        principal: Principal = _NOBODY
        if entrance.authenticates:
            request[PRINCIPAL] = principal = await self._authenticate(request, route)
            self._origin.demand(request, principal)
        if request.body_exists:
            await receive_body(request, longest=entrance.longest_body, within=self._body_timeout)
        if route.confirmed and isinstance(principal, SignedIn):
            await demand_confirmation(self._services, principal)

    def _refusal(
        self, error: SafeconductError, entrance: Entrance | None, request_id: str
    ) -> web.StreamResponse:
        assert entrance is not None  # noqa: S101 - only admission and handlers raise our errors
        if problem_of(error).status >= 500:
            log.warning(error.code, route=entrance.template, request=request_id, reason=str(error))
        return self._errors.of(error, entrance.route, request_id)

    def _bug(self, error: Exception, entrance: Entrance | None, request_id: str) -> web.StreamResponse:
        template = entrance.template if entrance is not None else _UNDECLARED
        log.error("unhandled", route=template, request=request_id, exc_info=error)
        return self._errors.of_status(500, entrance.route if entrance is not None else None, request_id)

    def _request_id(self, request: web.Request) -> str:
        """16 random bytes; a proxy that we trust may bring its own."""
        if self._trusted:
            given = request.headers.get(REQUEST_ID_HEADER, "")
            if _GIVEN_ID.fullmatch(given) and is_among(request.remote, self._trusted):
                return given
        return secrets.token_hex(16)

    def _note(
        self, request: web.Request, request_id: str, entrance: Entrance | None, status: int, seconds: float
    ) -> None:
        template, method = (
            (entrance.template, request.method) if entrance is not None else (_UNDECLARED, _UNDECLARED)
        )
        self._metrics.answered(template, method, status, seconds)
        if self._access_log is not None:
            self._access_log.answered(
                request_id=request_id,
                method=method,
                route=template,
                status=status,
                seconds=seconds,
                who=request[PRINCIPAL].actor,
                address=client_address(request, self._trusted) or "",
            )
