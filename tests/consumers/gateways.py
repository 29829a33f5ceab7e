"""nginx and Caddy, run with the recipe of examples/gateways as it stands but for ports and credentials."""

import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from tests.api.oauth_fixtures import Answer, Authority, exchange, http
from tests.consumers.resource_server import EXAMPLES, listens
from tests.servers.leash import Leash
from tests.servers.process import ServerProcess, free_port, private_folder
from tests.tools.pieces import require

RECIPES = EXAMPLES / "gateways"
NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
user root;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/recipe.conf;
}}
"""


@dataclass(frozen=True)
class Gateway:
    """A gateway, and behind it an API that repeats the headers it is sent."""

    name: str
    port: int
    process: ServerProcess

    async def call(self, token: str | None, *headers: str) -> Answer:
        shown = [f"Authorization: Bearer {token}"] if token is not None else []
        return await exchange(self.port, http("GET", "/reports?scope=x", *shown, *headers))

    async def status(self, token: str | None) -> int:
        return (await self.call(token)).status

    async def subject(self, token: str) -> str:
        """Whom the API takes the caller for."""
        answer = await self.call(token)
        assert answer.status == 200, answer
        return json.loads(answer.body)["X-Auth-Subject"]


@contextlib.asynccontextmanager
async def echoing_api() -> AsyncIterator[int]:
    """An API that trusts its gateway."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response(dict(request.headers))

    app, port = web.Application(), free_port()
    app.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield port
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def running_gateway(name: str, authority: Authority, leash: Leash) -> AsyncIterator[Gateway]:
    port = free_port()
    async with echoing_api() as api:
        with private_folder(name, leash) as folder:
            command = _configured(name, folder, authority, port=port, api=api)
            process = ServerProcess(
                name,
                command,
                folder=folder,
                leash=leash,
                ready=lambda: listens(port),
                environment={
                    "HOME": str(folder),
                    "XDG_CONFIG_HOME": str(folder),
                    "XDG_DATA_HOME": str(folder),
                },
            )
            process.start()
            try:
                yield Gateway(name, port, process)
            finally:
                process.kill9()


def _configured(name: str, folder: Path, authority: Authority, *, port: int, api: int) -> list[str | Path]:
    if name == "caddy":
        program = require("caddy").path
        recipe = folder / "Caddyfile"
        text = "{\n\tadmin off\n}\n" + _filled_in("Caddyfile", authority, port=port, api=api)
        recipe.write_text(text)
        return [program, "run", "--config", recipe, "--adapter", "caddyfile"]
    return nginx(folder, _filled_in("nginx.conf", authority, port=port, api=api))


def nginx(folder: Path, recipe: str) -> list[str | Path]:
    """The command that runs nginx with this recipe, all its files in `folder`."""
    (folder / "recipe.conf").write_text(recipe.replace("/var/cache/nginx/tokens", str(folder / "cache")))
    whole = folder / "nginx.conf"
    whole.write_text(NGINX.format(folder=folder))
    return [require("nginx").path, "-p", folder, "-c", whole]


def _filled_in(recipe: str, authority: Authority, *, port: int, api: int) -> str:
    credentials = base64.b64encode(f"{authority.client.id}:{authority.secret}".encode()).decode()
    return filled_in(
        recipe,
        port=port,
        api=api,
        service=authority.port,
        issuer=authority.issuer,
        credentials=credentials,
    )


def filled_in(recipe: str, *, port: int, api: int, service: int, issuer: str, credentials: str) -> str:
    """What the recipe's own comment tells its reader to change, changed."""
    text = (RECIPES / recipe).read_text()
    for shipped, ours in {
        ":8000": f":{port}",
        "127.0.0.1:9000": f"127.0.0.1:{api}",
        "127.0.0.1:8080": f"127.0.0.1:{service}",
        "http://localhost:8080": issuer,
        "Y2xpZW50OnNlY3JldA==": credentials,
    }.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    return text
