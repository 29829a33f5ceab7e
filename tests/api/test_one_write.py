import asyncio
import socket

import pytest
from aiohttp import web

from service.domain.principal import CredentialKind
from service.web.appkeys import ONE_WRITE
from service.web.routing import Route
from tests.api.api_fixtures import Api, beside
from tests.api.oauth_fixtures import Answer, parse_answer

LARGE = b"x" * 4_000_000
NOBODY = frozenset({CredentialKind.NOBODY})


async def small(request: web.Request) -> web.Response:
    return request.app[ONE_WRITE](b'{"active":false}')


async def large(request: web.Request) -> web.Response:
    return request.app[ONE_WRITE](LARGE)


ROUTES = [
    Route(method="GET", path="/small", handler=small, callers=NOBODY),
    Route(method="GET", path="/large", handler=large, callers=NOBODY),
]


async def ask(port: int, first_line: str, *headers: str) -> Answer:
    """The answer on a connection that the caller closes once it has come to rest."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([first_line, "Host: localhost", *headers, "", ""]).encode())
    raw = b""
    while True:
        try:
            chunk = await asyncio.wait_for(reader.read(65_536), 0.3)
        except TimeoutError:
            break
        raw += chunk
        if not chunk:
            break
    writer.close()
    return parse_answer(raw)


@pytest.mark.parametrize("settings", [{}, {"issuer": "https://tokens.example.com"}])
async def test_the_one_write_says_what_aiohttp_would_say(api: Api, settings: dict[str, str]) -> None:
    """The same status, body and headers, but for `Connection`: the short way is no other answer."""
    async with beside(api, routes=ROUTES, settings=settings) as other:
        port = other.authority.port
        kept = await ask(port, "GET /small HTTP/1.1")
        closed = await ask(port, "GET /small HTTP/1.1", "Connection: close")
        old = await ask(port, "GET /small HTTP/1.0")
        head = await ask(port, "HEAD /small HTTP/1.1")

    assert (kept.status, kept.body) == (200, b'{"active":false}')
    assert [each.status for each in (closed, old, head)] == [200] * 3
    assert [each.body for each in (closed, old, head)] == [kept.body, kept.body, b""]
    alike = [sorted(each.without("connection", "date").headers) for each in (kept, closed, old, head)]
    assert alike == [alike[0]] * 4
    assert kept.header("Date").endswith(" GMT")
    assert closed.header("Connection") == "close"


async def test_a_connection_goes_on_after_it(api: Api) -> None:
    """Several requests at once on one connection are answered one by one, in order."""
    async with beside(api, routes=ROUTES) as other:
        reader, writer = await asyncio.open_connection("127.0.0.1", other.authority.port)
        writer.write(b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
        writer.write(b"GET /nope HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        raw = await asyncio.wait_for(reader.read(), 5)
        writer.close()

    assert raw.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert raw.count(b'{"active":false}') == 3
    assert raw.count(b"HTTP/1.1 404 ") == 1


async def test_a_large_answer_waits_for_its_reader(api: Api) -> None:
    """What does not fit into the socket is kept until it is read, and comes whole."""
    async with beside(api, routes=ROUTES) as other:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            slow.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(slow, ("127.0.0.1", other.authority.port))
            await loop.sock_sendall(slow, b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            reader, writer = await asyncio.open_connection(sock=slow)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            body = await asyncio.wait_for(reader.readexactly(len(LARGE)), 10)
            writer.close()

    assert b"\r\nContent-Length: 4000000\r\n" in head
    assert body == LARGE


async def test_a_stopping_service_closes_after_it(api: Api) -> None:
    """While the service stops, no connection is kept (R64)."""
    async with beside(api, routes=ROUTES) as other:
        api.authority.services.readiness.stopping = True
        answer = await ask(other.authority.port, "GET /small HTTP/1.1")

    assert (answer.status, answer.header("Connection")) == (200, "close")
