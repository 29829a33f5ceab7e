"""Typed keys of an application and of a request."""

from aiohttp import web

from service.domain.principal import Principal
from service.web.error_answers import ErrorAnswers
from service.web.metrics import Metrics
from service.web.services import Services

SERVICES = web.AppKey("services", Services)
METRICS = web.AppKey("metrics", Metrics)
ERRORS = web.AppKey("errors", ErrorAnswers)
PRINCIPAL: web.RequestKey[Principal] = web.RequestKey("principal", Principal)  # type: ignore[arg-type]  # a union
REQUEST_ID = web.RequestKey("request_id", str)
