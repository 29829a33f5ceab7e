"""Three replicas of one issuer, each with a proxy of its own before a PostgreSQL that is only theirs."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.lab.conftest import through
from tests.lab.proxy import Proxy, proxy_to
from tests.lab.replica import Deployment, Replica
from tests.servers.leash import Leash
from tests.servers.postgresql import PostgresServer
from tests.servers.process import free_port, private_folder

NO_CEILINGS = {
    "ANONYMOUS_REQUESTS_PER_MINUTE": "1000000",
    "INACTIVE_ANSWERS_PER_SECOND": "1000000",
    "SCAN_INACTIVE_ANSWERS": "1000000",
}


@dataclass(frozen=True)
class Cluster:
    """`edges` lead from the replica of the same place to the database."""

    server: PostgresServer
    replicas: list[Replica]
    edges: list[Proxy]

    @property
    def are_ready(self) -> bool:
        return all(replica.is_ready() for replica in self.replicas)


@contextlib.contextmanager
def running_cluster(
    leash: Leash,
    server: PostgresServer,
    *,
    size: int = 3,
    also: Mapping[str, str] | None = None,
    each: Sequence[Mapping[str, str]] = (),
) -> Iterator[Cluster]:
    """A new issuer on a database of its own for as long as the block lasts. *also* goes into every replica's
    environment, *each* into that of the one at its place.
    """
    database, port = server.create_database(), free_port()
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(private_folder(f"replica-{n}", leash)) for n in range(size)]
        edges = [stack.enter_context(proxy_to(server.port)) for _ in range(size)]
        first = Deployment(folders[0], f"http://localhost:{port}", settings=NO_CEILINGS)
        replicas = [
            Replica(
                replace(first, folder=folder, database_url=through(edge, server, database)),
                port=port if folder is folders[0] else free_port(),
                leash=leash,
                also={**(also or {}), **own},
            )
            for folder, edge, own in zip(folders, edges, each or [{}] * size, strict=True)
        ]
        try:
            for replica in replicas:
                replica.start()
                assert replicas[0].administrator  # before another one makes its own link
            yield Cluster(server, replicas, edges)
        finally:
            for replica in replicas:
                replica.kill9()
