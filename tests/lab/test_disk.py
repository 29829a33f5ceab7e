"""PostgreSQL on a disk that is full: refused in time, and nothing acknowledged is lost when there is space again (F11).

Linux as root alone, who may mount a small disk; SQLite's full disk is in test_sqlite_faults, for everybody.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.exchange import Answer
from tests.lab.healthy import IN_TIME, Witness
from tests.lab.replica import NEW_TOKEN, TOKENS, running_replica
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer
from tests.servers.process import private_folder
from tests.tools.pieces import require

DISK = 160  # MiB: a fresh cluster and its log take half of it


@contextlib.contextmanager
def small_disk(leash: Leash) -> Iterator[Path]:
    """A folder on a disk of its own."""
    with private_folder("disk", leash) as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not a block is left."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), b"\1" * 4_096)
    yield
    ballast.unlink()


@pytest.fixture
def small_postgres(leash: Leash) -> Iterator[tuple[PostgresServer, Path]]:
    with small_disk(leash) as folder:
        server = PostgresServer(require("postgresql"), folder=folder, leash=leash)
        try:
            server.start()
            yield server, folder
        finally:
            server.kill9()


def test_a_full_disk_loses_nothing_that_was_acknowledged(
    small_postgres: tuple[PostgresServer, Path], leash: Leash
) -> None:
    """First tables cannot grow, then PostgreSQL stops itself for want of log; with space it comes back by a
    restart (F11).
    """
    server, folder = small_postgres
    with running_replica(leash, database_url=server.url(server.create_database())) as replica:
        witness = Witness(replica)
        ann = replica.administrator
        kept: list[str] = []

        def create() -> Answer:
            answer = ann.call("POST", TOKENS, json_body={**NEW_TOKEN, "note": "n" * 255})
            if answer.status == 201:
                kept.append(answer.json["token"])
            return answer

        with filled(folder):
            answers = [create() for _ in range(300)]
            with contextlib.suppress(RuntimeError, subprocess.TimeoutExpired):
                for _ in range(20):
                    server.sql(
                        "SELECT pg_logical_emit_message(false, 'x', repeat('x', 4000000)), pg_switch_wal()"
                    )
            without_log = [create() for _ in range(3)]
            lists = replica.call("GET", "/livez")
            server.kill9()  # what is left of it may still be giving up: the restart is ours alone
        server.start()

        assert {answer.status for answer in answers + without_log} <= {201, 503}
        assert without_log[-1].status == 503
        assert max(answer.seconds for answer in answers + without_log) < IN_TIME
        assert lists.status == 200
        assert wait_until(witness.works, within=10)
        witness.assert_recovery()
        assert all(map(replica.gateway.is_active, kept))
