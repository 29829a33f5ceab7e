"""What a verifier asks of a network, and what it takes back. Every transport keeps the same four rules.

A deadline for the whole exchange; never more than `limit` bytes; no redirect is followed; https, or http to
this very machine. What an answer may be is judged here, once for all of them.
"""

import base64
from collections.abc import Awaitable
from typing import Final, NamedTuple, Protocol
from urllib.parse import quote, urlsplit

TIMEOUT: Final = 5.0
"""Seconds from the first byte sent to the last one read."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_ETAG = 256  # characters; a longer one, sent back, would have servers refuse every request after it
_PORTS: Final = {"https": 443, "http": 80}


class Request(NamedTuple):
    """A GET, or with a `body` a POST. `limit` is in bytes; an answer of another media type is refused."""

    url: str
    media_types: frozenset[str]
    limit: int
    etag: str | None = None
    body: bytes | None = None
    content_type: str | None = None
    authorization: str | None = None

    def headers(self) -> dict[str, str]:
        """What is sent: no caches in between that would not ask again, and no compression."""
        optional = {
            "If-None-Match": self.etag,
            "Content-Type": self.content_type,
            "Authorization": self.authorization,
        }
        return {
            "Accept": ", ".join(sorted(self.media_types)) or "*/*",
            "Accept-Encoding": "identity",
            "User-Agent": "safeconduct-verifier",
            **{name: value for name, value in optional.items() if value is not None},
        }


class Response(NamedTuple):
    """An answer whose body is not longer than was asked for."""

    status: int
    body: bytes
    media_type: str
    etag: str | None = None
    content_encoding: str = ""


class TransportFailed(Exception):
    """No answer, or none that may be read. Never leaves this package."""


class Transport(Protocol):
    """Blocking."""

    def send(self, request: Request) -> Response:
        """Raises TransportFailed."""


class AsyncTransport(Protocol):
    def send(self, request: Request) -> Awaitable[Response]:
        """Raises TransportFailed."""

    def aclose(self) -> Awaitable[None]:
        """Close what is kept open. It may go on being used."""


def accepted(request: Request, response: Response) -> Response:
    """The answer, if it is one to `request`: 200, or 304 to an `etag`.

    Raises:
        TransportFailed: a redirect, an error, another media type, a compressed or an overlong body.
    """
    if response.status == 304 and request.etag is not None:
        return response
    if response.status != 200:
        raise TransportFailed(f"answered {response.status}")
    if response.content_encoding not in {"", "identity"}:
        raise TransportFailed("answered compressed, unasked")
    if response.media_type not in request.media_types:
        raise TransportFailed(f"answered {response.media_type or 'no media type'}")
    if len(response.body) > request.limit:
        raise TransportFailed(f"answered more than {request.limit} bytes")
    if response.etag is not None and len(response.etag) > _LONGEST_ETAG:
        return response._replace(etag=None)
    return response


def origin(url: str) -> str:
    """`scheme://host:port` of an address a verifier may ask; two addresses of one server compare equal.

    Raises:
        ValueError: not https, nor http to this machine; a user, a password, no host.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise ValueError("not an https address")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("http leads to this machine only; anything else needs https")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or _PORTS[parts.scheme]}"


def basic(client_id: str, client_secret: str) -> str:
    """An Authorization header of a client (RFC 6749 section 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
