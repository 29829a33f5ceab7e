"""Services and routes in, application out."""

import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from aiohttp import web

from service.clock import Clock, system_clock
from service.logs import wants_json
from service.settings import Settings
from service.web.access_log import AccessLog
from service.web.appkeys import ERRORS, METRICS, ONE_WRITE, ROUTES, SERVICES, UNROUTED
from service.web.edge import Edge, Entrance
from service.web.error_answers import ErrorAnswers
from service.web.headers import header_signal
from service.web.metrics import Metrics
from service.web.one_write import OneWriteAnswers
from service.web.page_errors import PageErrors
from service.web.routing import Route, RouteUndeclared
from service.web.services import Services

_LOGGED_AT = frozenset({"debug", "info"})


def create_app(
    services: Services,
    routes: Iterable[Route],
    *,
    clock: Clock = system_clock,
    access_log: AccessLog | None = None,
    pages: PageErrors | None = None,
) -> web.Application:
    """The application with `routes` under the issuer's path; `pages` shows errors to people.

    Start-up raises RouteUndeclared for a route that was mounted without a `Route` (R16). Without an
    `access_log` it writes to standard error, if `log_level` asks for that much.
    """
    settings, routes = services.settings, tuple(routes)
    errors, metrics = ErrorAnswers(settings.issuer), Metrics(services, clock)
    access_log = access_log or _access_log(settings, clock)
    edge = Edge(services, errors=errors, metrics=metrics, access_log=access_log, clock=clock, pages=pages)
    longest = max([settings.max_body, *(route.max_body or 0 for route in routes)])
    app = web.Application(client_max_size=longest)
    app[SERVICES], app[METRICS], app[ERRORS], app[UNROUTED] = services, metrics, errors, edge.unrouted
    app[ROUTES], app[ONE_WRITE] = routes, OneWriteAnswers(clock, secure=settings.secure)
    called_from_pages = bool(services.elsewhere.origins)
    mounted = [route for route in routes if called_from_pages or not route.preflight]
    entrances = _entrances(mounted, settings)
    words = _words_beside_ids(entrance.path for entrance in entrances)
    declared = {_mount(app, edge, entrance, words) for entrance in entrances}
    app.on_response_prepare.append(header_signal(secure=settings.secure))

    async def check(app: web.Application) -> None:
        require_declarations(app, declared)

    async def stop(_app: web.Application) -> None:
        services.readiness.stopping = True
        services.publication.streams.close()
        if access_log is not None:
            access_log.flush()

    app.on_startup.append(check)
    app.on_shutdown.append(stop)
    return app


def require_declarations(app: web.Application, declared: Collection[web.AbstractRoute]) -> None:
    """Raises RouteUndeclared, naming every route that says not who may call it."""
    undeclared = [route for route in app.router.routes() if route not in declared]
    if undeclared:
        names = ", ".join(
            f"{route.method} {route.resource.canonical}" for route in undeclared if route.resource
        )
        raise RouteUndeclared(f"nobody said who may call: {names}")


def _entrances(routes: Iterable[Route], settings: Settings) -> Collection[Entrance]:
    """Each route's methods (HEAD beside GET) and path. With a bare issuer, root and issuer are one place."""
    placed: dict[tuple[str, str], Entrance] = {}
    for route in routes:
        path = route.path + settings.issuer_path if route.root else settings.issuer_path + route.path
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            entrance = Entrance.to(route, method, path, longest_body=settings.max_body)
            if placed.setdefault((method, path), entrance).route.handler is not route.handler:
                raise RouteUndeclared(f"{method} {path} is declared twice")
    return placed.values()


def _words_beside_ids(paths: Iterable[str]) -> Mapping[str, set[str]]:
    """By what stands before it, the words that a part to fill in may not be: `self` names no token."""
    words = defaultdict[str, set[str]](set)
    for path in paths:
        parts = path.split("/")
        for place, part in enumerate(parts):
            if not part.startswith("{"):
                words["/".join(parts[:place])].add(part)
    return words


def _mount(
    app: web.Application, edge: Edge, entrance: Entrance, words: Mapping[str, set[str]]
) -> web.AbstractRoute:
    """Under a pattern that leaves the words beside an id alone: another method of theirs is 405, not a bad id."""
    parts = entrance.path.split("/")
    for place, part in enumerate(parts):
        if part.startswith("{") and (beside := words.get("/".join(entrance.path.split("/")[:place]))):
            parts[place] = f"{part[:-1]}:(?!(?:{'|'.join(map(re.escape, sorted(beside)))})(?:/|$))[^/]+}}"
    return app.router.add_route(entrance.method, "/".join(parts), edge.entered_by(entrance))


def _access_log(settings: Settings, clock: Clock) -> AccessLog | None:
    if settings.log_level not in _LOGGED_AT:
        return None
    return AccessLog(clock, as_json=wants_json(settings, sys.stderr))
