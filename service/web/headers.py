"""What every response says to browsers and caches (R51)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import hdrs, web
from multidict import istr

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS: Final[Mapping[str, str]] = {
    istr("Content-Security-Policy"): CONTENT_SECURITY_POLICY,
    istr("X-Content-Type-Options"): "nosniff",
    istr("Referrer-Policy"): "no-referrer",
    istr("Cross-Origin-Opener-Policy"): "same-origin",
    hdrs.SERVER: "safeconduct",  # the name of the product, not its version nor the library's
}
_TRANSPORT: Final[Mapping[str, str]] = {istr("Strict-Transport-Security"): "max-age=31536000"}

Signal = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


def security_headers(*, secure: bool) -> Mapping[str, str]:
    """The headers that no response is without; `secure` when the issuer is reached by https."""
    return {**_ALWAYS, **_TRANSPORT} if secure else _ALWAYS


def header_signal(*, secure: bool) -> Signal:
    """Adds them to every response that is about to be sent, streams too; `no-store` where nothing else is said."""
    always = security_headers(secure=secure)

    async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        headers.update(always)
        if hdrs.CACHE_CONTROL not in headers:
            headers[hdrs.CACHE_CONTROL] = "no-store"

    return add_headers
