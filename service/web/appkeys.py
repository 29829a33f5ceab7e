"""Typed keys of an application and of a request."""

from collections.abc import Callable

from aiohttp import web

from service.domain.principal import Principal
from service.web.error_answers import ErrorAnswers
from service.web.metrics import Metrics
from service.web.one_write import OneWriteAnswers
from service.web.page_forms import Form
from service.web.routing import Route
from service.web.services import Services

Unrouted = Callable[[web.BaseRequest, web.HTTPException], web.StreamResponse]
"""Answers a request that no route takes."""

SERVICES = web.AppKey("services", Services)
ROUTES: web.AppKey[tuple[Route, ...]] = web.AppKey("routes")
"""Every route that is mounted."""
METRICS = web.AppKey("metrics", Metrics)
ERRORS = web.AppKey("errors", ErrorAnswers)
ONE_WRITE = web.AppKey("one_write", OneWriteAnswers)
UNROUTED: web.AppKey[Unrouted] = web.AppKey("unrouted")
FORM: web.RequestKey[Form] = web.RequestKey("form", Form)
"""What a page's form said, once its origin is proven."""
PRINCIPAL: web.RequestKey[Principal] = web.RequestKey("principal", Principal)  # type: ignore[arg-type]  # a union
