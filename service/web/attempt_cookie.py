"""The cookie by which an answer of a provider is known to belong to this browser. It lasts as long as an attempt."""

from typing import Final

from aiohttp import hdrs, web

from service.domain.sign_in_attempt import LASTS, Attempt, read_attempt
from service.settings import Settings

_ATTRIBUTES: Final = "Path=/; HttpOnly; SameSite=Lax"


def attempt_of(request: web.Request, settings: Settings) -> Attempt | None:
    """What this browser began, if it did."""
    return read_attempt(request.cookies.get(_name(settings), "")) if hdrs.COOKIE in request.headers else None


def set_attempt_cookie(response: web.StreamResponse, attempt: Attempt, settings: Settings) -> None:
    """Beginning another one ends the one before."""
    _set(response, attempt.text, LASTS, settings)


def clear_attempt_cookie(response: web.StreamResponse, settings: Settings) -> None:
    _set(response, "", 0, settings)


def _set(response: web.StreamResponse, value: str, lifetime: int, settings: Settings) -> None:
    secure = "; Secure" if settings.secure else ""
    cookie = f"{_name(settings)}={value}; {_ATTRIBUTES}; Max-Age={lifetime}{secure}"
    response.headers.add(hdrs.SET_COOKIE, cookie)


def _name(settings: Settings) -> str:
    return "__Host-safeconduct-attempt" if settings.secure else "safeconduct-attempt"
