"""A real receiver of webhooks in this process."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Received:
    """One call: its headers in lower case, its body as it came."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What arrived, and with which status it answers; `headers` go with the answer."""

    url: str = ""
    calls: list[Received] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    before_answer: Callable[[], Any] = lambda: None

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append(Received(headers, await request.read()))
        self.before_answer()
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def receiver(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    app, made = web.Application(), Receiver()
    app.router.add_route("*", "/hook", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    made.url = f"{'https' if tls else 'http'}://localhost:{runner.addresses[0][1]}/hook"
    try:
        yield made
    finally:
        await runner.cleanup()
