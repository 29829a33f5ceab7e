"""The answer to whoever has just signed in."""

from aiohttp import web

from service.application.sign_in import OpenedSession
from service.ui.page import see_other
from service.web.appkeys import SERVICES
from service.web.device_cookie import set_device_cookie
from service.web.session_cookie import set_session_cookie


def opened_page(request: web.Request, opened: OpenedSession, wanted: str) -> web.Response:
    """Go on where they wanted to, with the cookies of the session."""
    settings = request.app[SERVICES].settings
    response = see_other(request, wanted)
    set_session_cookie(response, opened.secret, settings)
    if opened.device is not None:
        set_device_cookie(response, opened.device, settings)
    return response
