"""An example's process, and calls of it."""

import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.api.oauth_fixtures import Answer, exchange, http
from tests.servers.leash import Leash
from tests.servers.process import ServerProcess, free_port, private_folder

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class ResourceServer:
    """Somebody else's API, which trusts our tokens by a library of its own."""

    name: str
    port: int
    process: ServerProcess

    async def call(self, token: str) -> Answer:
        return await exchange(self.port, http("GET", "/", f"Authorization: Bearer {token}"))

    async def status(self, token: str) -> int:
        return (await self.call(token)).status

    @property
    def lines(self) -> list[str]:
        """What it said of each call, in its own log."""
        said = self.process.log.read_text()
        return [line for line in said.splitlines() if line.startswith(("accepted", "refused"))]


def command(name: str, folder: Path, node: Path, node_modules: Path) -> list[str | Path]:
    """How the example of this name is run; the one in Node.js finds its packages beside it."""
    if name != "jose":
        return [sys.executable, "-W", "ignore", EXAMPLES / f"{name}_server.py"]
    (folder / "node_modules").symlink_to(node_modules)
    (folder / "server.js").write_text((EXAMPLES / "node" / "server.js").read_text())
    (folder / "package.json").write_text((EXAMPLES / "node" / "package.json").read_text())
    return [node, folder / "server.js"]


@contextlib.asynccontextmanager
async def running(
    name: str, leash: Leash, *, node: Path, node_modules: Path, environment: Mapping[str, str]
) -> AsyncIterator[ResourceServer]:
    port = free_port()
    with private_folder(name, leash) as folder:
        process = ServerProcess(
            name,
            command(name, folder, node, node_modules),
            folder=folder,
            leash=leash,
            ready=lambda: listens(port),
            environment={**environment, "PORT": str(port), "PYTHONUNBUFFERED": "1"},
        )
        process.start()
        try:
            yield ResourceServer(name, port, process)
        finally:
            process.kill9()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
