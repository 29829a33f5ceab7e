"""Typed keys: one for the application, two for a request."""

from aiohttp import web

from service.domain.principal import Principal
from service.web.services import Services

SERVICES = web.AppKey("services", Services)
PRINCIPAL = web.RequestKey("principal", Principal)  # type: ignore[arg-type]  # a union stands for its members
REQUEST_ID = web.RequestKey("request_id", str)
