"""What a browser asks before a page of a platform calls the management API."""

from typing import Annotated

from aiohttp import web

from service.api.contract import Sent
from service.web.appkeys import SERVICES
from service.web.cross_origin import CrossOriginPages


async def platform_preflight(request: web.Request) -> Annotated[web.Response, Sent(status=204)]:
    """Pages of the listed origins may call; for every other one there is no such method."""
    return CrossOriginPages(request.app[SERVICES].elsewhere.origins).preflight(request)
