"""Any WSGI application behind the verifier."""

import io
from collections.abc import Callable, Collection, Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from safeconduct.adapters.admission import Refused, admit_blocking
from safeconduct.adapters.demand import FORM, FORM_LIMIT, Demand, Shown
from safeconduct.sync import Verifier

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

CLAIMS: Final = "safeconduct.claims"
"""`environ[CLAIMS]` in the application."""


class SafeconductMiddleware:
    """Lets requests with a good token through; `public` paths need none.

    `demands` are the arguments of `Demand`.
    """

    def __init__(self, app: App, verifier: Verifier, *, public: Collection[str] = (), **demands: Any) -> None:
        self._app = app
        self._verifier = verifier
        self._public = frozenset(public)
        self._demand = Demand(**demands)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "") in self._public:
            return self._app(environ, start_response)
        try:
            environ[CLAIMS] = admit_blocking(self._verifier, self._demand, _shown(environ, self._demand))
        except Refused as refused:
            status, headers, body = refused.refusal
            length = [("Content-Length", str(len(body)))]
            start_response(f"{status} {HTTPStatus(status).phrase}", [*headers.items(), *length])
            return [body]
        return self._app(environ, start_response)


def _shown(environ: Environ, demand: Demand) -> Shown:
    """WSGI joins repeated headers with commas, which no token has."""
    return Shown(
        environ["REQUEST_METHOD"],
        [environ["HTTP_AUTHORIZATION"]] if "HTTP_AUTHORIZATION" in environ else [],
        environ.get("REMOTE_ADDR"),
        [environ["HTTP_X_FORWARDED_FOR"]] if "HTTP_X_FORWARDED_FOR" in environ else [],
        _parameters(environ, demand.parameter, in_query=demand.in_query) if demand.parameter else [],
        environ.get("HTTP_USER_AGENT"),
    )


def _parameters(environ: Environ, name: str, *, in_query: bool) -> list[str]:
    """The token's parameter. It is taken out of the address, so that nothing behind logs it (threats 41)."""
    found = []
    if in_query:
        pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        found = [value for known, value in pairs if known == name]
        if found:
            environ["QUERY_STRING"] = urlencode([pair for pair in pairs if pair[0] != name])
    length = environ.get("CONTENT_LENGTH") or "0"
    is_form = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() == FORM
    if is_form and length.isdecimal() and int(length) <= FORM_LIMIT:
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        found += [value for known, value in parse_qsl(body.decode("latin-1"), True) if known == name]
    return found
