"""A deployment to be measured: PostgreSQL of its own, and the service as an operator runs it, `safeconduct serve`,
with its defaults.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import CLIENT_CORES, PythonServer, pin, running
from bench.traffic import Prepared, prepare
from keys import new_master_key_text
from service.settings import Settings
from tests.servers.leash import Leash
from tests.servers.postgresql import running_postgres
from tests.servers.process import private_folder
from tests.tools.pieces import require

SERVE = ("-m", "service", "serve")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A running service, and the files with the requests for it."""

    server: PythonServer
    folder: Path
    environment: Mapping[str, str]
    introspections: Path
    twins: Path
    creations: Path
    forwards: Path
    prepared: Prepared


@contextmanager
def deployed(leash: Leash, tokens: int) -> Iterator[Deployment]:
    """The service over `tokens` tokens in PostgreSQL, which shares the clients' core."""
    with running_postgres(require("postgresql"), leash) as postgres, private_folder("bench", leash) as folder:
        assert postgres.pid is not None
        pin(postgres.pid, CLIENT_CORES)
        environment = {
            "SAFECONDUCT_DATABASE_URL": postgres.url(postgres.create_database()),
            "SAFECONDUCT_MASTER_KEY": new_master_key_text(),
            "SAFECONDUCT_DATA_DIR": str(folder),
            "SAFECONDUCT_PORT": "{port}",
            "SAFECONDUCT_ISSUER": "http://localhost:{port}",
        }
        server = PythonServer("service", SERVE, folder=folder, leash=leash, environment=environment)
        settings = Settings.from_env(
            {name: text.format(port=server.port) for name, text in environment.items()}
        )
        prepared = asyncio.run(prepare(settings, tokens))
        deployment = Deployment(
            server=server,
            folder=folder,
            environment=environment | {"SAFECONDUCT_ISSUER": settings.issuer},
            introspections=_written(folder / "introspections.json", prepared.introspections),
            twins=_written(folder / "twins.json", prepared.twins),
            creations=_written(folder / "creations.json", prepared.creations),
            forwards=_written(folder / "forwards.json", prepared.forwards),
            prepared=prepared,
        )
        with running(server):
            yield deployment


def _written(path: Path, texts: list[str]) -> Path:
    path.write_text(json.dumps(texts), "utf-8")
    return path
