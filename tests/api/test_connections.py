import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from service.api.routes import ROUTES
from service.web.app import create_app
from service.web.connections import THIS_MACHINE, Network
from service.web.server import Server
from tests.api.api_fixtures import Api
from tests.api.oauth_fixtures import exchange, http
from tests.servers.process import free_port

LIVEZ = http("GET", "/livez")


@asynccontextmanager
async def listening(api: Api, uncounted: tuple[Network, ...], **ceilings: Any) -> AsyncIterator[int]:
    """The service on a port of its own, with these ceilings."""
    settings = replace(api.authority.services.settings, port=free_port(), **ceilings)
    server = Server(
        create_app(replace(api.authority.services, settings=settings), ROUTES), uncounted=uncounted
    )
    await server.start()
    try:
        yield settings.port
    finally:
        await server.stop(drain=0)


@asynccontextmanager
async def held(port: int, number: int) -> AsyncIterator[list[asyncio.StreamWriter]]:
    """Connections that have been answered once and stay."""
    writers = []
    try:
        for _ in range(number):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(writer)
            writer.write(LIVEZ.replace(b"Connection: close", b"Connection: keep-alive"))
            assert b" 200 " in await reader.readline()
        yield writers
    finally:
        for writer in writers:
            writer.close()
            await writer.wait_closed()


async def status_of(port: int) -> int:
    return (await exchange(port, LIVEZ)).status


@pytest.mark.parametrize(
    ("uncounted", "ceilings"),
    [((), {"connections_per_address": 3}), (THIS_MACHINE, {"connections_at_once": 3})],
    ids=["address", "process"],
)
async def test_one_connection_too_many_is_told_to_come_again(
    api: Api, uncounted: tuple[Network, ...], ceilings: dict[str, int]
) -> None:
    """R60: it hears 503 with Retry-After at once, those before it are served on, and a place that is left is free."""
    async with listening(api, uncounted, **ceilings) as port, held(port, 3) as writers:
        refused = await asyncio.wait_for(exchange(port, b""), 5)
        assert (refused.status, dict(refused.headers)["Retry-After"]) == (503, "2")

        writers[0].close()
        await writers[0].wait_closed()
        async with asyncio.timeout(5):
            while await status_of(port) != 200:
                pass


@pytest.mark.parametrize("trusted", [(), ("127.0.0.0/30",)], ids=["this machine", "a trusted proxy"])
async def test_a_proxy_brings_as_many_as_it_has(api: Api, trusted: tuple[str, ...]) -> None:
    """R60: behind one address of ours are many clients; only the process's ceiling holds for it."""
    uncounted = () if trusted else THIS_MACHINE
    async with (
        listening(api, uncounted, connections_per_address=1, trusted_proxies=trusted) as port,
        held(port, 5),
    ):
        assert await status_of(port) == 200
