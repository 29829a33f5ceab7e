import asyncio
from dataclasses import replace

import pytest
from aiohttp import web

from service.domain.principal import CredentialKind
from service.web.app import create_app
from service.web.routing import Route
from service.web.server import Server
from tests.api.api_fixtures import Api
from tests.api.oauth_fixtures import exchange, http
from tests.servers.process import free_port


async def test_what_runs_is_finished_before_the_end(api: Api) -> None:
    """From the word on it is not ready, new calls are still answered while it drains, a call under way gets its
    answer, and then nobody listens (R64).
    """
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        entered.set()
        await leave.wait()
        return web.json_response({"done": True})

    async def quick(_request: web.Request) -> web.Response:
        return web.json_response({})

    nobody = frozenset({CredentialKind.NOBODY})
    routes = [
        Route(method="GET", path=path, handler=handler, callers=nobody)
        for path, handler in (("/slow", slow), ("/quick", quick))
    ]
    settings = replace(api.authority.services.settings, port=free_port())
    server = Server(create_app(replace(api.authority.services, settings=settings), routes))
    await server.start()

    running = asyncio.create_task(exchange(settings.port, http("GET", "/slow")))
    await entered.wait()
    stopping = asyncio.create_task(server.stop(drain=0.3))
    await asyncio.sleep(0)
    late = await exchange(settings.port, http("GET", "/quick"))
    ready = await api.authority.services.readiness()
    asyncio.get_running_loop().call_later(0.5, leave.set)
    await stopping

    assert not ready.ready
    assert late.status == 200
    assert (await running).body == b'{"done": true}'
    with pytest.raises(OSError, match="Connect call failed"):
        await exchange(settings.port, http("GET", "/quick"))
