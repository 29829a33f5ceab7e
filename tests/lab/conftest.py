"""A PostgreSQL that these tests may break, and a service behind a proxy to it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.proxy import Proxy, proxy_to
from tests.lab.replica import Replica, running_replica
from tests.servers.leash import Leash
from tests.servers.postgresql import PostgresServer, running_postgres
from tests.tools.pieces import require

MAY_MOUNT = 1 << 21
"""CAP_SYS_ADMIN among the bits of /proc/self/status."""


def _may_mount() -> bool:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return any(line.startswith("CapEff:") and int(line.split()[1], 16) & MAY_MOUNT for line in lines)


_LINUX_ALONE = [
    "test_sqlite_crashes.py",
    "test_sqlite_faults.py",
    "test_replicas_agree.py",
    "test_clock_skew.py",
    "test_wrong_clock.py",
]
collect_ignore = [] if sys.platform == "linux" else _LINUX_ALONE
"""What counts system calls, limits a foreign process or gives it a clock of its own is told to Linux."""
collect_ignore += [] if sys.platform == "linux" and _may_mount() else ["test_disk.py"]


@pytest.fixture(scope="session")
def lab_server(leash: Leash) -> Iterator[PostgresServer]:
    with running_postgres(require("postgresql"), leash) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(postgres_server: PostgresServer) -> Iterator[Proxy]:
    """In front of the server that all tests share."""
    with proxy_to(postgres_server.port) as proxy:
        yield proxy


def through(proxy: Proxy, server: PostgresServer, database: str) -> str:
    return server.url(database).replace(f":{server.port}/", f":{proxy.port}/")


@pytest.fixture(scope="module")
def replica(leash: Leash, postgres_server: PostgresServer, proxy: Proxy) -> Iterator[Replica]:
    """On an empty database of the shared server, through the proxy."""
    database = postgres_server.create_database()
    with running_replica(
        leash,
        database_url=through(proxy, postgres_server, database),
        direct_url=postgres_server.url(database),
    ) as replica:
        assert replica.administrator
        assert replica.gateway
        yield replica
    proxy.calm()
    postgres_server.drop_database(database)


@pytest.fixture(scope="module")
def own_proxy(lab_server: PostgresServer) -> Iterator[Proxy]:
    """In front of the server that only these tests use."""
    with proxy_to(lab_server.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def exposed(leash: Leash, lab_server: PostgresServer, own_proxy: Proxy) -> Iterator[Replica]:
    """A service whose database is broken by one test after the other; it is never restarted."""
    database = lab_server.create_database()
    with running_replica(
        leash,
        database_url=through(own_proxy, lab_server, database),
        direct_url=lab_server.url(database),
    ) as replica:
        assert replica.administrator
        assert replica.gateway
        yield replica
