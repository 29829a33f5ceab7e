"""HTTP by the standard library alone, for threads. Each exchange has its own connection and one deadline."""

import io
import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import cast
from urllib.parse import urlsplit

from safeconduct.transport import TIMEOUT, Request, Response, TransportFailed, origin


class StandardTransport:
    """`timeout` is seconds for a whole exchange; `ssl_context` replaces the system's authorities."""

    def __init__(self, *, timeout: float = TIMEOUT, ssl_context: ssl.SSLContext | None = None) -> None:
        self._timeout = timeout
        self._ssl_context = ssl_context

    def send(self, request: Request) -> Response:
        """One exchange.

        Raises:
            TransportFailed: no whole answer in time.
        """
        try:
            return self._exchange(request)
        except (OSError, HTTPException, ValueError) as error:
            raise TransportFailed(f"{type(error).__name__}: {error}") from error

    def _exchange(self, request: Request) -> Response:
        deadline = time.monotonic() + self._timeout
        connection = open_connection(request.url, self._timeout, self._ssl_context)
        try:
            connection.connect()
            real = connection.sock
            connection.sock = cast("socket.socket", TimedSocket(real, deadline))
            try:
                return _answer(connection, request)
            finally:
                real.close()
        finally:
            connection.close()


class TimedSocket:
    """A socket whose every operation gets what is left of one deadline, so that a trickle ends as well."""

    def __init__(self, real: socket.socket, deadline: float) -> None:
        self._real = real
        self._deadline = deadline

    def sendall(self, octets: bytes) -> None:
        self._restrict()
        self._real.sendall(octets)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self))

    def receive(self, buffer: memoryview) -> int:
        self._restrict()
        return self._real.recv_into(buffer)

    def close(self) -> None:
        """Left to whoever opened it: the response reads on after its connection has let go."""

    def _restrict(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        self._real.settimeout(left)


class _TimedReader(io.RawIOBase):
    def __init__(self, timed: TimedSocket) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        return self._timed.receive(memoryview(cast("bytearray", buffer)))


def open_connection(url: str, timeout: float, ssl_context: ssl.SSLContext | None) -> HTTPConnection:
    """Not connected yet. Raises ValueError for an address that is not to be asked."""
    origin(url)
    parts = urlsplit(url)
    host = str(parts.hostname)
    if parts.scheme == "http":
        return HTTPConnection(host, parts.port, timeout=timeout)
    context = ssl_context or ssl.create_default_context()
    return HTTPSConnection(host, parts.port, timeout=timeout, context=context)


def target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _answer(connection: HTTPConnection, request: Request) -> Response:
    method = "GET" if request.body is None else "POST"
    connection.request(method, target(request.url), body=request.body, headers=request.headers())
    response = connection.getresponse()
    if response.length is None and "Content-Length" in response.headers and not response.chunked:
        raise TransportFailed("announced no number of bytes")
    if response.length is not None and response.length > request.limit:
        raise TransportFailed(f"announced more than {request.limit} bytes")
    body = response.read(request.limit + 1)
    if len(body) > request.limit:
        raise TransportFailed(f"answered more than {request.limit} bytes")
    if response.length:
        raise TransportFailed("the answer is cut off")
    return Response(
        response.status,
        body,
        _media_type(response),
        response.headers.get("ETag"),
        (response.headers.get("Content-Encoding") or "").lower(),
    )


def _media_type(response: HTTPResponse) -> str:
    return (response.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
