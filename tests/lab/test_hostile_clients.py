"""Slow, broken and two-faced clients at the real process, with both parsers that aiohttp may use (F28 to F30)."""

import asyncio
import contextlib
import gzip
import json
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.lab.exchange import exchange, request_bytes
from tests.lab.replica import NEW_TOKEN, TOKENS, Replica, running_replica
from tests.servers.leash import Leash

HASTE = 3  # seconds for a head and for a body, so that the test need not last fifteen
SLOW = 300  # clients
CANARY = b"canary"


@pytest.fixture(scope="module", params=["C", "Python"])
def replica(request: pytest.FixtureRequest, leash: Leash) -> Iterator[Replica]:
    """On SQLite; its second life is without aiohttp's extension, as where no wheel fits."""
    pure = {"AIOHTTP_NO_EXTENSIONS": "1"} if request.param == "Python" else {}
    with running_replica(leash, also=pure, KEEPALIVE_TIMEOUT=str(HASTE), BODY_TIMEOUT=str(HASTE)) as replica:
        assert replica.administrator
        assert replica.gateway
        yield replica


def head(
    *lines: bytes, request: bytes = b"GET /livez HTTP/1.1", host: bytes = b"Host: localhost\r\n"
) -> bytes:
    return request + b"\r\n" + host + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


JSON = b"Content-Type: application/json"
POST = b"POST /v1/session HTTP/1.1"
LINE = b"x" * 1_000_000
CHUNKED = b"0\r\n\r\n"

REFUSED = {
    "both framings": (head(b"Content-Length: 5", b"Transfer-Encoding: chunked", request=POST) + CHUNKED, 400),
    "both framings, the other way": (
        head(b"Transfer-Encoding: chunked", b"Content-Length: 5", request=POST) + CHUNKED,
        400,
    ),
    "two lengths": (head(b"Content-Length: 5", b"Content-Length: 6", request=POST) + b"canary", 400),
    "two lengths in one": (head(b"Content-Length: 5, 6", request=POST) + b"canary", 400),
    "a signed length": (head(b"Content-Length: +5", request=POST) + b"canary", 400),
    "a negative length": (head(b"Content-Length: -5", request=POST), 400),
    "a length in another script": (head("Content-Length: \u0665".encode(), request=POST), 400),
    "an unknown coding": (head(b"Transfer-Encoding: canary", request=POST) + CHUNKED, 400),
    "chunked twice": (head(b"Transfer-Encoding: chunked, chunked", request=POST) + CHUNKED, 400),
    "chunked before another": (head(b"Transfer-Encoding: chunked, gzip", request=POST) + CHUNKED, 400),
    "a broken chunk": (
        head(JSON, b"Transfer-Encoding: chunked", request=POST) + b"zz\r\ncanary\r\n0\r\n\r\n",
        400,
    ),
    "two hosts": (head(b"Host: canary"), 400),
    "no host": (head(host=b""), 400),
    "two credentials": (
        head(b"Authorization: Bearer a", b"Authorization: Bearer b", request=b"GET /v1/me HTTP/1.1"),
        400,
    ),
    "a folded line": (head(b"X-Long: a", b" canary"), 400),
    "a space before the colon": (head(b"Authorization : Bearer canary"), 400),
    "a line without a colon": (head(b"canary"), 400),
    "bare line feeds": (b"GET /livez HTTP/1.1\nHost: localhost\nX-A: canary\n\n", 400),
    "a bare line feed inside": (head(b"X-A: b\nX-Canary: canary"), 400),
    "a bare carriage return": (head(b"X-A: b\rX-Canary: canary"), 400),
    "a NUL": (head(b"X-A: cana\0ry"), 400),
    "ten thousand lines": (head(*[b"X-%d: canary" % n for n in range(10_000)]), 400),
    "a line of a megabyte": (head(b"X-Canary: canary" + LINE), 431),
    "a token of a megabyte": (head(b"Authorization: Bearer eyJcanary" + LINE), 431),
    "a name of a megabyte": (head(b"canary" + LINE + b": x"), 431),
    "a target of a megabyte": (head(request=b"GET /canary" + LINE + b" HTTP/1.1"), 431),
    "another protocol": (b"\x16\x03\x01canary\r\n\r\n", 400),
    "the next version": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "a version of nobody": (head(request=b"GET /livez HTTP/9.9canary"), 400),
    "a declared giant": (head(JSON, b"Content-Length: 10000000000", request=POST), 413),
    "a sent giant": (head(JSON, b"Content-Length: 100000", request=POST) + b" " * 100_000, 413),
    "a giant in chunks": (
        head(JSON, b"Transfer-Encoding: chunked", request=POST)
        + b"186a0\r\n"
        + b" " * 100_000
        + b"\r\n"
        + CHUNKED,
        413,
    ),
}
"""What a client sends, and what it is told before its connection is closed."""


@pytest.mark.parametrize("sent", REFUSED)
def test_what_two_readers_could_read_differently_is_refused_and_closed(replica: Replica, sent: str) -> None:
    """F29, F30, R76: the right 4xx, once, without a word of what was sent; and the process does not mind."""
    request, expected = REFUSED[sent]

    answer = exchange(replica.port, request + head(b"X-Second: smuggled"), within=20)

    assert answer.status == expected, answer.raw
    assert answer.raw.count(b"HTTP/1.") == 1
    assert answer.seconds < HASTE
    assert CANARY not in answer.raw
    assert b"eyJ" not in answer.raw
    assert replica.call("GET", "/livez").status == 200
    assert CANARY not in replica.log.read_bytes()


def deep(opening: str, closing: str) -> bytes:
    return (opening * 30_000 + closing * 30_000).encode()[:60_000]


BODIES = {
    "nested arrays": (deep("[", "]"), b"", 400),
    "nested objects": (deep('{"a":', "}"), b"", 400),
    "deep where any value may be": (
        json.dumps({**NEW_TOKEN, "metadata": 1})
        .encode()
        .replace(b"1}", b'{"a":' * 5_000 + b"1" + b"}" * 5_001),
        b"",
        400,
    ),
    "a long number": (b'{"expiration":' + b"9" * 60_000 + b"}", b"", 400),
    "a gzip bomb": (gzip.compress(b" " * 40_000_000), b"Content-Encoding: gzip\r\n", 415),
    "a brotli bomb": (b"\x0b\x02\x80", b"Content-Encoding: br\r\n", 415),
    "two codings": (gzip.compress(b"{}"), b"Content-Encoding: gzip, gzip\r\n", 415),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_explodes_is_refused_unread(replica: Replica, name: str) -> None:
    """F29: depth and codings cost nothing: an answer in time, and no megabyte for it."""
    body, coding, expected = BODIES[name]
    authorization = f"Authorization: {replica.administrator.authorization}\r\n".encode()
    lines = (
        b"POST " + TOKENS.encode() + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + authorization
        + b"Content-Type: application/json\r\n" + coding + b"Content-Length: %d\r\n\r\n" % len(body)
    )  # fmt: skip
    before = resident(replica)

    answer = exchange(replica.port, lines + body)

    assert answer.status in {expected, 422}, answer.raw
    assert answer.seconds < 1
    assert resident(replica) - before < 16


def resident(replica: Replica) -> float:
    """MiB that the process holds."""
    listed = subprocess.run(["ps", "-o", "rss=", "-p", str(replica.pid)], capture_output=True, check=True)
    return int(listed.stdout) / 1024


HALF_HEAD = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
HALF_BODY = head(JSON, b"Content-Length: 500", request=POST)
DRIP = 0.5  # seconds between two bytes


async def dripping(port: int, begun: bytes) -> bytes:
    """A byte now and then for as long as the server bears it; all that it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begun)
    said = asyncio.create_task(reader.read())
    while not (await asyncio.wait([said], timeout=DRIP))[0]:
        writer.write(b"x")
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        return said.result()
    return b""


async def valid_ones(port: int, request: bytes, slow: list[asyncio.Task[bytes]]) -> list[float]:
    """How long good requests take, one after the other, while all the slow ones are still there."""
    seconds = []
    while len(seconds) < 200 and not any(task.done() for task in slow):
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
        seconds.append(time.monotonic() - began)
    return seconds


def test_slow_clients_are_sent_away_and_hold_nobody_up(replica: Replica) -> None:
    """F28, R61: half of them at the head, half at the body; good requests go by, and each slow one is closed."""
    token = replica.administrator.create()["token"]
    question = request_bytes(
        "POST", "/oauth2/introspect", authorization=replica.gateway.authorization, form={"token": token}
    )

    async def siege() -> tuple[list[float], list[bytes], float]:
        began = time.monotonic()
        slow = [
            asyncio.create_task(dripping(replica.port, HALF_BODY if number % 2 else HALF_HEAD))
            for number in range(SLOW)
        ]
        seconds = await valid_ones(replica.port, question, slow)
        said = await asyncio.wait_for(asyncio.gather(*slow), 30)
        return seconds, said, time.monotonic() - began

    seconds, said, lasted = asyncio.run(siege())

    assert len(seconds) >= 50
    assert sorted(seconds)[int(len(seconds) * 0.99)] < 0.5
    assert {answer[:12] for answer in said} <= {b"", b"HTTP/1.1 408", b"HTTP/1.0 408"}
    assert sum(b" 408 " in answer[:13] for answer in said) >= SLOW // 4
    assert lasted < 5 * HASTE
    assert replica.call("GET", "/livez").status == 200
