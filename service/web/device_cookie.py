"""The cookie by which an account knows a browser again. It signs nobody in; it keeps attackers from locking out."""

import re
from typing import Final

from aiohttp import hdrs, web

from service.application.attempts import Origin
from service.domain.secret import Secret
from service.settings import Settings
from service.web.client_address import caller_address

_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ATTRIBUTES: Final = "Path=/; HttpOnly; SameSite=Lax"


def caller_origin(request: web.Request, settings: Settings) -> Origin:
    """Where a password comes from."""
    cookie = request.cookies.get(_name(settings), "") if hdrs.COOKIE in request.headers else ""
    device = Secret(cookie) if _FORM.fullmatch(cookie) else None
    user_agent = request.headers.get(hdrs.USER_AGENT)
    return Origin(address=caller_address(request, settings), device=device, user_agent=user_agent)


def set_device_cookie(response: web.StreamResponse, secret: Secret, settings: Settings) -> None:
    """Be known again, as long as the account remembers."""
    secure = "; Secure" if settings.secure else ""
    value = f"{_name(settings)}={secret.reveal()}; {_ATTRIBUTES}; Max-Age={settings.known_device_lifetime}"
    response.headers.add(hdrs.SET_COOKIE, value + secure)


def _name(settings: Settings) -> str:
    return "__Host-safeconduct-device" if settings.secure else "safeconduct-device"
