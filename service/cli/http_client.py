"""One request to the service, one answer of its."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from service.cli.failures import AnswerLost, Misuse, Problem, Unreachable
from service.domain.secret import Secret

TIMEOUT: Final = 30
"""Seconds without a byte until the service counts as unreachable."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NOT_OURS: Final = "answered, but not as Safeconduct does; is the URL right?"


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the parsed JSON, None where there was none."""

    body: Any
    headers: Message


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would take the credential along to another address."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


class Service:
    """The service at `url`.

    Raises:
        Misuse: no URL that a secret may be sent to: https, or http to this machine.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise Misuse("the URL is none: it looks like https://tokens.example.com") from None
        if "@" in parts.netloc or parts.query or parts.fragment:  # not repeated: it may hold a secret
            raise Misuse("the URL holds more than an address: no user, password, query or fragment")
        if parts.scheme not in {"http", "https"} or not host:
            raise Misuse(f"the URL looks like https://tokens.example.com, not {url!r}")
        if parts.scheme == "http" and host not in LOOPBACK:
            raise Misuse(f"secrets do not travel over http; use https://{host}")
        self._opener: OpenerDirector = build_opener(
            _NoRedirects, *([ProxyHandler({})] if host in LOOPBACK else [])
        )

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        bearer: Secret | None = None,
        key: str | None = None,
    ) -> Answer:
        """The answer of a call that was done; with an idempotency `key` it can be repeated.

        Raises:
            Problem: it was refused.
            AnswerLost: it was sent, and the connection broke.
            Unreachable: nothing of Safeconduct's came back. Whether a change was made is then unknown.
        """
        headers = {"Accept": "application/json", "User-Agent": "safeconduct-cli"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer.reveal()}"
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = Request(  # noqa: S310 - the scheme is checked above
            self.url + path,
            method=method,
            headers=headers,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return Answer(self._read(response.read()), response.headers)
        except HTTPError as error:
            with error:
                raise self._refusal(error) from None
        except URLError as error:
            reason = getattr(error.reason, "strerror", None) or error.reason
            raise Unreachable(f"cannot reach {self.url}: {reason}") from None
        except (OSError, http.client.HTTPException) as error:
            raise _broken(self.url, method, error) from None

    def _read(self, content: bytes) -> Any:
        if not content:
            return None
        try:
            return json.loads(content)
        except ValueError:
            raise Unreachable(f"{self.url} {_NOT_OURS}") from None

    def _refusal(self, error: HTTPError) -> Problem | Unreachable:
        """What the service says, or that it was not the service who said it."""
        if error.headers.get_content_type() == "application/problem+json":
            members = self._read(error.read())
            if isinstance(members, dict):
                return Problem(error.code, members, error.headers["Retry-After"])
        return Unreachable(f"{self.url} {_NOT_OURS} (HTTP {error.code} {error.reason})")


def ask_with_factor(
    ask: Callable[[Mapping[str, Any]], Answer],
    body: Mapping[str, Any],
    factor: Callable[[], Mapping[str, str]],
) -> Answer:
    """`ask` with a password in its body; where that alone is not enough, again with what `factor` answers."""
    try:
        return ask(body)
    except Problem as problem:
        if problem.code != "second_factor_needed":
            raise
    return ask({**body, **factor()})


def _broken(url: str, method: str, error: Exception) -> AnswerLost:
    lines = [f"the connection to {url} broke: {str(error) or type(error).__name__}"]
    if method != "GET":
        lines.append("  whether it was done is unknown; look before you repeat it")
    return AnswerLost(*lines)
