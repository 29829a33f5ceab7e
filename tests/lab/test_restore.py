"""A real backup, real losses after it, a real restore: of a PostgreSQL dump and of a copied SQLite file (F13, T5)."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import pytest
from safeconduct.lst import decode_lst

from tests.lab.replica import (
    NEW_TOKEN,
    PASSWORD,
    PROGRAM,
    TOKENS,
    Deployment,
    Person,
    Replica,
    running_replica,
)
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer

AFTER = 5
"""Tokens made, and tokens revoked, after the backup."""
SOON = 30


@contextmanager
def on_sqlite(
    leash: Leash, _server: PostgresServer
) -> Iterator[tuple[Replica, Callable[[], None], Callable[[], None]]]:
    """A replica, how to back its database up, and how to restore it; it must not run meanwhile."""
    with running_replica(leash) as replica:
        folder = replica.folder

        def backup() -> None:
            for path in folder.glob("safeconduct.db*"):
                shutil.copy2(path, path.with_name(f"backup-{path.name}"))

        def restore() -> None:
            for path in folder.glob("safeconduct.db*"):
                path.unlink()
            for path in folder.glob("backup-*"):
                shutil.copy2(path, path.with_name(path.name.removeprefix("backup-")))

        yield replica, backup, restore


@contextmanager
def on_postgresql(
    leash: Leash, server: PostgresServer
) -> Iterator[tuple[Replica, Callable[[], None], Callable[[], None]]]:
    """The same with pg_dump and psql."""
    database = server.create_database()
    with running_replica(leash, database_url=server.url(database)) as replica:
        dump = replica.folder / "backup.sql"

        def tool(name: str, *words: str) -> None:
            subprocess.run(
                [server._psql.with_name(name), *words, server.url(database)],
                env=server._environment,
                check=True,
                capture_output=True,
                timeout=60,
            )

        def backup() -> None:
            tool("pg_dump", "--clean", "--if-exists", "--file", str(dump))

        def restore() -> None:
            tool("psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(dump))

        yield replica, backup, restore


def recover(deployment: Deployment, port: int, *words: str) -> dict[str, Any]:
    run = subprocess.run(
        [PROGRAM, "recover", "--json", *words],
        env={**os.environ, **deployment.environment(port)},
        cwd=deployment.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def listed(replica: Replica, token: str) -> int:
    """What the list that a token names says of it now."""
    place = jwt.decode(token, options={"verify_signature": False})["status"]["status_list"]
    body = replica.call("GET", "/" + place["uri"].split("/", 3)[3]).body
    packed = decode_lst(
        jwt.decode(body, options={"verify_signature": False})["status_list"]["lst"], max_bytes=32_768
    )
    return packed[place["idx"] // 4] >> 2 * (place["idx"] % 4) & 3


def place_of(token: str) -> tuple[str, int]:
    place = jwt.decode(token, options={"verify_signature": False})["status"]["status_list"]
    return place["uri"], place["idx"]


@pytest.mark.parametrize("engine", [on_sqlite, on_postgresql])
def test_a_restored_backup_brings_no_revoked_token_back(
    leash: Leash, postgres_server: PostgresServer, engine: Callable[..., Any]
) -> None:
    """R9, R10, R33, F13, T5: after the restore and a plain start nothing is issued, and introspection refuses again
    what was revoked after the backup; `recover` says what is lost and goes on; tokens made after the backup are refused
    by introspection and by the list, sessions have ended, and no index is handed out twice.
    """
    with engine(leash, postgres_server) as (replica, backup, restore):
        ann, gateway = replica.administrator, replica.gateway
        old = [ann.create() for _ in range(AFTER + 1)]
        assert wait_until(lambda: listed(replica, old[0]["token"]) == 0, within=SOON)
        replica.stop()
        backup()
        replica.start()
        orphans = [ann.create() for _ in range(AFTER)]
        revoked, live = old[:AFTER], old[AFTER]
        for token in revoked:
            assert ann.call("DELETE", f"{TOKENS}/{token['id']}").status == 200
        assert wait_until(lambda: all(listed(replica, each["token"]) == 1 for each in revoked), within=SOON)
        used = {place_of(each["token"]) for each in (*old, *orphans)}
        replica.stop()
        restore()

        replica._ready = lambda: replica.call("GET", "/readyz").status == 503
        replica.start()
        assert wait_until(lambda: not any(gateway.is_active(each["token"]) for each in revoked), within=60)
        refused = ann.call("POST", TOKENS, json_body=NEW_TOKEN)
        still = [listed(replica, each["token"]) for each in revoked]
        replica.stop()
        foreseen = recover(replica.deployment, replica.port, "--dry-run")
        done = recover(replica.deployment, replica.port, "--yes")
        replica._ready = replica.is_ready
        replica.start()

        assert (refused.status, refused.json["code"]) == (503, "recovery_needed")
        assert still == [1] * AFTER
        assert foreseen["lost"]["index"] == done["lost"]["index"] == AFTER
        assert done["sessions"] >= 1
        assert ann.call("GET", TOKENS).status == 401
        assert gateway.is_active(live["token"])
        assert not any(gateway.is_active(each["token"]) for each in (*revoked, *orphans))
        assert wait_until(lambda: listed(replica, orphans[0]["token"]) == 1, within=SOON)
        assert [listed(replica, each["token"]) for each in (*revoked, *orphans, live)] == [1] * 2 * AFTER + [
            0
        ]
        fresh = sign_in_again(replica)
        assert used.isdisjoint({place_of(fresh()["token"]) for _ in range(3)})


def sign_in_again(replica: Replica) -> Callable[[], dict[str, Any]]:
    """The administrator's password is as it was."""
    answer = replica.call("POST", "/v1/session", json_body={"name": "ann", "password": PASSWORD})
    assert answer.status in {200, 201}, answer.raw
    return Person(replica, "", answer.json["token"]).create
