import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

import service.web.server as server_module
from tests.api.api_fixtures import NEW_TOKEN, TOKENS, Api, Person
from tests.api.oauth_fixtures import Answer, exchange, http, parse_answer, running_authority
from tests.clock import TurnableClock

SESSION = "/v1/session"
JSON = "Content-Type: application/json"


@pytest.fixture
async def hasty(tmp_path: Path, free_port: int, clock: TurnableClock) -> AsyncIterator[Api]:
    """A service that waits one second for a body, and one for a next request."""
    issuer = f"http://localhost:{free_port}"
    async with (
        running_authority(
            tmp_path, clock, issuer=issuer, port=free_port, body_timeout=1, keepalive_timeout=1
        ) as authority,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http_session,
    ):
        yield Api(authority, http_session)


async def timed(port: int, request: bytes) -> tuple[Answer | None, float]:
    """The answer (None: closed without one), and after how many seconds the connection was closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    writer.write(request)
    raw = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return parse_answer(raw) if raw else None, time.monotonic() - began


def started(method: str, target: str, *headers: str) -> bytes:
    """A request whose body never comes."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


@pytest.mark.parametrize(
    ("target", "headers", "begun"),
    [
        (SESSION, [JSON, "Content-Length: 50"], b'{"name":'),
        (SESSION, [JSON, "Transfer-Encoding: chunked"], b'5\r\n{"nam'),
        (
            "/oauth2/introspect",
            ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 9"],
            b"tok",
        ),
    ],
)
async def test_a_body_that_never_ends_is_408_and_closed(
    hasty: Api, target: str, headers: list[str], begun: bytes
) -> None:
    """Aiohttp alone would wait for ever; here the deadline is of the whole body, whoever reads it (R61)."""
    answer, seconds = await timed(hasty.authority.port, started("POST", target, *headers) + begun)

    assert answer.status == 408
    assert answer.header("Connection") == "close"
    assert 1 <= seconds < 6


async def test_a_trickled_body_is_408_as_well(hasty: Api) -> None:
    """A byte now and then does not extend the deadline."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.authority.port)
    writer.write(started("POST", SESSION, JSON, "Content-Length: 500"))
    answered = asyncio.create_task(reader.read())
    while not answered.done():
        writer.write(b" ")
        await asyncio.wait([answered], timeout=0.2)
    writer.close()

    assert parse_answer(answered.result()).status == 408


@pytest.mark.parametrize("begun", [b"", b"GET /livez HTTP/1.1\r\nHost: loc", b"G"])
async def test_a_head_that_never_ends_is_closed(hasty: Api, begun: bytes) -> None:
    """An idle connection and half a head go after `keepalive_timeout`."""
    answer, seconds = await timed(hasty.authority.port, begun)

    assert (answer, seconds < 5) == (None, True)


async def test_a_body_of_64_kib_is_read_and_one_more_byte_is_413(api: Api) -> None:
    """The limit is exact, whether the length is declared or sent in chunks."""
    whole = json.dumps({"name": "x"}).encode().ljust(65_536)

    async def chunks(size: int):
        yield whole[:1_000]
        yield b" " * (size - 1_000)

    statuses = [
        (await api.call("POST", SESSION, body=body, headers={"Content-Type": "application/json"})).status
        for body in (whole, whole + b" ", chunks(65_536), chunks(65_537))
    ]

    assert statuses == [422, 413, 422, 413]


async def test_a_declared_giant_is_refused_without_reading_it(api: Api) -> None:
    """Nothing of it needs to be sent."""
    request = started("POST", SESSION, JSON, "Content-Length: 10000000000")

    answer, seconds = await timed(api.authority.port, request)

    assert (answer.status, answer.header("Connection")) == (413, "close")
    assert seconds < 5


async def test_a_form_is_read_up_to_16_kib(api: Api) -> None:
    """A route's own limit goes before the general one."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    reply = await api.call("POST", "/oauth2/introspect", body=b"token=" + b"x" * 16_384, headers=form)

    assert (reply.status, reply.document) == (413, {"error": "invalid_request"})


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity", "x"])
async def test_no_content_coding_is_undone(api: Api, coding: str) -> None:
    """What could be a bomb is not even looked at."""
    headers = {"Content-Encoding": coding, "Content-Type": "application/json"}

    reply = await api.call("POST", SESSION, body=b"\x1f\x8b\x08", headers=headers)

    assert reply.status == 415


@pytest.mark.parametrize("body", [b"zz\r\nabc\r\n0\r\n\r\n", b"5\r\nabc", b"-1\r\n\r\n"])
async def test_broken_chunks_are_400(api: Api, body: bytes) -> None:
    """Never 500, and the connection is closed."""
    request = started("POST", SESSION, JSON, "Transfer-Encoding: chunked", "Connection: close")
    reader, writer = await asyncio.open_connection("127.0.0.1", api.authority.port)
    writer.write(request + body)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()

    assert not answer or parse_answer(answer).status == 400


CANARY = "eyJhbGciOiJFUzI1NiJ9." + "canary" * 2_000


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (http("GET", "/livez", f"Authorization: Bearer {CANARY}"), 431),
        (http("GET", f"/livez?token={CANARY}"), 431),
        (http("GET", "/livez", f"X-{CANARY[:100]}\x01: x"), 400),
        (http("GET", "/livez", "Authorization : Bearer canary"), 400),
        (http("GET", "/livez", "Authorization: Bearer canary\x00"), 400),
        (b"canary eyJ canary\r\n\r\n", 400),
        (b"GET /livez HTTP/9.9canary\r\n\r\n", 400),
        (b"\x16\x03\x01canary", 400),
        (http("GET", "/livez", "Host: canary"), 400),
        (http("POST", "/livez", "Content-Length: canary"), 400),
        (http("POST", "/livez", "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (http("GET", "/livez", *[f"X-{n}: canary" for n in range(70)]), 400),
    ],
)
async def test_what_cannot_be_parsed_is_repeated_nowhere(
    api: Api,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    request_bytes: bytes,
    status: int,
) -> None:
    """A line that is too long may be a token: neither the answer nor any log quotes a byte of it (attack 62)."""
    raw = await exchange(api.authority.port, request_bytes)

    logged = "".join([*capsys.readouterr(), caplog.text])
    assert raw.status == status
    assert raw.header("Content-Type") == "application/problem+json"
    assert raw.header("Content-Security-Policy")
    assert b"canary" not in raw.body
    assert b"eyJ" not in raw.body
    assert "canary" not in logged
    assert "eyJ" not in logged


@pytest.mark.parametrize(("size", "status"), [(8_000, 200), (9_000, 431)])
async def test_a_header_of_eight_kilobytes_is_read(api: Api, size: int, status: int) -> None:
    """The longest token fits many times."""
    assert (
        await exchange(api.authority.port, http("GET", "/livez", f"X-Long: {'x' * size}"))
    ).status == status


async def test_100_continue_is_granted(api: Api, ann: Person) -> None:
    """A client that asks first is told to go on."""
    body = json.dumps(NEW_TOKEN).encode()
    lines = [f"Authorization: Bearer {ann.secret}", JSON, "Expect: 100-continue", "Connection: close"]
    reader, writer = await asyncio.open_connection("127.0.0.1", api.authority.port)
    writer.write(started("POST", TOKENS, *lines, f"Content-Length: {len(body)}"))
    interim = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    writer.write(body)
    answer = parse_answer(await asyncio.wait_for(reader.read(), 5))
    writer.close()

    assert (interim, answer.status) == (b"HTTP/1.1 100 Continue\r\n\r\n", 201)


@pytest.mark.parametrize("path", ["/livez", "/nope"])
async def test_another_expectation_is_417_in_our_form(api: Api, path: str) -> None:
    """The library would repeat it in plain text."""
    answer = await exchange(api.authority.port, http("GET", path, "Expect: canary"))

    assert (answer.status, answer.header("Content-Type")) == (417, "application/problem+json")
    assert b"canary" not in answer.body


async def ask_for_ever(lazy: socket.socket, request: bytes) -> None:
    while True:
        await asyncio.get_running_loop().sock_sendall(lazy, request * 20)
        await asyncio.sleep(0.05)


async def test_a_client_that_reads_nothing_is_cut(
    api: Api, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer nobody takes does not hold its connection for ever (R61)."""
    monkeypatch.setattr(server_module, "_STALLED", 0.5)
    lines = [f"Authorization: Bearer {ann.secret}", "Connection: keep-alive"]
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
        lazy.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(lazy, ("127.0.0.1", api.authority.port))
        request = started("GET", "/v1/scopes", *lines)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            await asyncio.wait_for(ask_for_ever(lazy, request), 20)


async def test_a_stopping_service_says_so_and_finishes_what_runs(api: Api, ann: Person) -> None:
    """Not ready at once, connections are closed after their answer, and a request under way is answered (R64)."""
    services = api.authority.services
    services.readiness.stopping = True

    ready = await api.call("GET", "/readyz")
    answer = await api.call("GET", TOKENS, by=ann)

    assert (ready.status, ready.document["checks"]["process"]) == (503, "failed")
    assert (answer.status, answer.headers["Connection"]) == (200, "close")
