"""panva's oidc-provider as a process of its own."""

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.leash import Leash
from tests.servers.process import ServerProcess, free_port, private_folder
from tests.tools.provide import NODE_FOLDER


@dataclass(frozen=True)
class OidcProvider:
    issuer: str
    process: ServerProcess

    @property
    def log(self) -> str:
        return self.process.log.read_text()


@contextlib.contextmanager
def running_oidc_provider(
    node: Path, leash: Leash, clients: Sequence[Mapping[str, Any]]
) -> Iterator[OidcProvider]:
    port = free_port()

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 1):
            return True
        return False

    with private_folder("oidc-provider", leash) as folder:
        told = json.dumps({"port": port, "clients": clients})
        command = [node, NODE_FOLDER / "oidc_provider.js", told]
        process = ServerProcess("oidc-provider", command, folder=folder, leash=leash, ready=listens)
        process.start()
        try:
            yield OidcProvider(f"http://localhost:{port}", process)
        finally:
            process.stop()
