"""Both faces of the service on one address: the JSON API and the pages."""

from collections.abc import Callable
from functools import cache
from typing import Final

from aiohttp import web

from service.api.published_contracts import contracts_of
from service.api.routes import ROUTES as API_ROUTES
from service.clock import Clock, system_clock
from service.settings import Settings
from service.ui.docs import DOCS, Docs, docs_of
from service.ui.errors import ErrorPages
from service.ui.page import install
from service.ui.routes import ROUTES as PAGE_ROUTES
from service.web.access_log import AccessLog
from service.web.app import create_app
from service.web.routing import Route
from service.web.services import Services

ROUTES: Final[tuple[Route, ...]] = (*API_ROUTES, *PAGE_ROUTES)
"""Every route there is."""


def application(
    services: Services, *, clock: Clock = system_clock, access_log: AccessLog | None = None
) -> web.Application:
    """API and pages."""
    app = create_app(services, ROUTES, clock=clock, access_log=access_log, pages=ErrorPages())
    docs: Callable[[], Docs] = cache(lambda: docs_of(contracts_of(ROUTES, services.settings).document))
    app[DOCS] = docs
    install(app, services.settings)
    return app


def build_contracts(settings: Settings) -> None:
    """`/openapi.json` and `/swagger.json`, before the first request asks for them: at the start, and once.

    Raises:
        Undescribed: a route does not say what it takes or answers.
    """
    contracts_of(ROUTES, settings)
