"""SQLite is locked by somebody else, or the disk takes nothing more: 503 in time, reads go on, nothing lost (F14)."""

import contextlib
import os
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lab.exchange import Answer
from tests.lab.healthy import IN_TIME, Witness
from tests.lab.replica import NEW_TOKEN, PROGRAM, TOKENS, Replica, running_replica
from tests.servers.leash import Leash
from tests.servers.process import free_port
from tests.tools.pieces import require

ATTEMPTS = 400  # of a disk that is full for a while


@pytest.fixture(scope="module")
def replica(leash: Leash) -> Iterator[Replica]:
    with running_replica(leash) as replica:
        assert replica.administrator
        assert replica.gateway
        yield replica


@contextlib.contextmanager
def locked(replica: Replica) -> Iterator[None]:
    """Somebody with a database client has begun to write, and went for lunch."""
    path = replica.deployment.folder / "safeconduct.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextlib.contextmanager
def no_byte_more(replica: Replica) -> Iterator[None]:
    """No file of the service's may grow: its write-ahead log cannot take another commit."""
    folder = replica.deployment.folder
    size = (folder / "safeconduct.db-wal").stat().st_size
    before = resource.prlimit(replica.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(replica.pid, resource.RLIMIT_FSIZE, (size, before[1]))
    yield
    resource.prlimit(replica.pid, resource.RLIMIT_FSIZE, before)


def changes(replica: Replica) -> list[Answer]:
    """Some at once, because whoever waits for a turn waits for the lock then."""
    ann = replica.administrator
    doomed = "0" * 32
    with ThreadPoolExecutor(12) as pool:
        creating = [pool.submit(ann.call, "POST", TOKENS, json_body=NEW_TOKEN) for _ in range(6)]
        revoking = [pool.submit(ann.call, "DELETE", f"{TOKENS}/{doomed}") for _ in range(6)]
        return [answering.result() for answering in (*creating, *revoking)]


@pytest.mark.parametrize("fault", [locked, no_byte_more])
def test_a_database_that_takes_no_writes_still_tells_the_truth(replica: Replica, fault) -> None:
    """Changes are 503 in time, whoever waits behind whom; questions, lists and life go on; then everything does."""
    witness = Witness(replica)
    before = set(replica.administrator.tokens())

    with fault(replica):
        refused = changes(replica)
        questions = [replica.gateway.introspect(token) for token in (witness.live, witness.revoked)]
        alive = replica.call("GET", "/livez")
        after = set(replica.administrator.tokens())

    assert {answer.status for answer in refused[:6]} == {503}
    assert {answer.code for answer in refused[:6]} <= {"storage_unavailable", "outcome_unknown"}
    assert {answer.status for answer in refused[6:]} <= {404, 503}
    assert max(answer.seconds for answer in refused) < IN_TIME
    assert [answer.json["active"] for answer in questions] == [True, False]
    assert alive.status == 200
    assert after == before
    witness.assert_recovery()


def test_a_full_disk_costs_changes_alone_and_space_brings_them_back(leash: Leash) -> None:
    """ENOSPC for a while, on every write to the database's files: what was acknowledged before and after is
    there (F14).
    """
    strace = require("strace")
    with running_replica(leash) as replica:
        witness = Witness(replica)
        folder = replica.deployment.folder
        replica.kill9()
        words = ["--follow-forks", "--seccomp-bpf", "--quiet=all", "--signal=none", "--output=/dev/null"]
        words += [f"--trace-path={folder / name}" for name in ("safeconduct.db", "safeconduct.db-wal")]
        words += ["--trace=pwrite64", "--inject=pwrite64:error=ENOSPC:when=1..40"]
        full = Replica(
            replica.deployment,
            port=replica.port,
            leash=leash,
            name="full",
            before=[strace.path, *words],
            also=strace.environment,
        )
        full.start()
        try:
            answers: list[Answer] = []
            while not answers or (answers[-1].status == 503 and len(answers) < ATTEMPTS):
                answers.append(replica.administrator.call("POST", TOKENS, json_body=NEW_TOKEN))
            questions = [replica.gateway.introspect(token) for token in (witness.live, witness.revoked)]
        finally:
            full.kill9()
        replica.start()

        assert answers[0].status == 503
        assert answers[-1].status == 201
        assert {answer.code for answer in answers[:-1]} <= {"storage_unavailable", "outcome_unknown"}
        assert [answer.json["active"] for answer in questions] == [True, False]
        assert replica.gateway.is_active(answers[-1].json["token"])
        assert replica.gateway.is_active(witness.live)
        assert not replica.gateway.is_active(witness.revoked)


def test_a_second_process_on_the_same_file_does_not_start(replica: Replica) -> None:
    """R69: it says why, and the first one does not notice."""
    witness = Witness(replica)

    second = subprocess.run(
        [PROGRAM, "serve"],
        env={**os.environ, **replica.deployment.environment(free_port())},
        cwd=replica.folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert second.returncode == 1
    assert "in use by another process" in second.stderr
    witness.assert_recovery()
