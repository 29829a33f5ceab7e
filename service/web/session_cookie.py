"""The cookie that carries a page's session (R49)."""

from typing import Final

from aiohttp import hdrs, web

from service.domain.secret import Secret
from service.settings import Settings
from service.web.credentials import cookie_name

_ATTRIBUTES: Final = "Path=/; HttpOnly; SameSite=Lax"


def set_session_cookie(response: web.StreamResponse, secret: Secret, settings: Settings) -> None:
    """Carry the session, at most as long as it can live."""
    _set(response, secret.reveal(), settings.cookie_session_lifetime, settings)


def clear_session_cookie(response: web.StreamResponse, settings: Settings) -> None:
    _set(response, "", 0, settings)


def _set(response: web.StreamResponse, value: str, lifetime: int, settings: Settings) -> None:
    secure = "; Secure" if settings.secure else ""
    name = cookie_name(secure=settings.secure)
    response.headers.add(hdrs.SET_COOKIE, f"{name}={value}; {_ATTRIBUTES}; Max-Age={lifetime}{secure}")
