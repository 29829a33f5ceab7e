"""Pages of platforms that may call the management API with their own access tokens (CORS)."""

from collections.abc import Collection
from typing import Final

from aiohttp import hdrs, web

from service.domain.principal import CredentialKind
from service.web.routing import Route

_READABLE: Final = "Link, Location, Retry-After, WWW-Authenticate, X-Request-Id"
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


class CrossOriginPages:
    """`origins` are compared as they stand. Credentials are never allowed: no cookie rides along, none is read."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origins)

    def admits(self, request: web.Request) -> bool:
        """Whether the page that calls, if one does, may."""
        origin = request.headers.get(hdrs.ORIGIN)
        return origin is None or origin in self._origins

    def preflight(self, request: web.Request) -> web.Response:
        """Raises 405 for every other page: for it there is no such thing (Fetch section 4.8)."""
        if request.headers.get(hdrs.ORIGIN) not in self._origins:
            others = {each.method for each in request.match_info.route.resource or ()} - {"OPTIONS"}
            raise web.HTTPMethodNotAllowed("OPTIONS", sorted(others))
        return web.Response(status=204, headers=_PREFLIGHT)

    def open(self, request: web.Request, route: Route, response: web.StreamResponse) -> None:
        """Let the page read the answer, also a refusal."""
        managed = CredentialKind.PLATFORM in route.callers or route.preflight
        if not self._origins or not managed or response.prepared:
            return
        response.headers[hdrs.VARY] = "Origin"
        if (origin := request.headers.get(hdrs.ORIGIN)) in self._origins and origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _READABLE
