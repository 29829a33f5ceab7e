"""`serve --workers N`: replicas on one machine that share a port, none of which is missed."""

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab.cluster import NO_CEILINGS
from tests.lab.conftest import through
from tests.lab.exchange import exchange, request_bytes
from tests.lab.proxy import Proxy
from tests.lab.replica import NEW_TOKEN, PROGRAM, TOKENS, Deployment, Replica
from tests.servers.leash import Leash, family, send, wait_until
from tests.servers.postgresql import PostgresServer
from tests.servers.process import free_port, private_folder

BACK_WITHIN = 20  # seconds, on a busy machine


@pytest.fixture(scope="module")
def pair(leash: Leash, postgres_server: PostgresServer, proxy: Proxy) -> Iterator[Replica]:
    """Two workers, through the proxy."""
    port, database = free_port(), postgres_server.create_database()
    with private_folder("workers", leash) as folder:
        url = through(proxy, postgres_server, database)
        deployment = Deployment(folder, f"http://localhost:{port}", database_url=url, settings=NO_CEILINGS)
        replica = Replica(deployment, port=port, leash=leash, after=("--workers", "2"))
        replica.start()
        try:
            assert replica.administrator
            assert replica.gateway
            yield replica
        finally:
            proxy.calm()
            replica.kill9()


def workers(replica: Replica) -> list[int]:
    return [pid for pid in family(replica.pid) if pid != replica.pid]


def listening(replica: Replica) -> set[int]:
    """Which workers listen on the shared port."""
    return {pid for pid in workers(replica) if _listening_on(replica.port) & _sockets_of(pid)}


def _listening_on(port: int) -> set[str]:
    """The sockets on which the kernel takes connections for *port*, whoever holds them."""
    return {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].partition(":")[2], 16) == port
    }


def _sockets_of(pid: int) -> set[str]:
    try:
        links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:  # it ended meanwhile
        return set()
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def both_listen(replica: Replica) -> bool:
    return len(listening(replica)) == 2


def all_know(pair: Replica) -> bool:
    """Whether a new client is known to whoever answers: each learns of it by its next poll."""
    return all(pair.gateway.introspect("x").status == 200 for _ in range(20))


def test_two_workers_share_the_port_and_say_the_same(pair: Replica) -> None:
    """R1, R27: whoever of them answers, a revocation holds from its answer on, and the keys are the same bytes."""
    assert wait_until(lambda: both_listen(pair), within=BACK_WITHIN)
    assert wait_until(lambda: all_know(pair), within=BACK_WITHIN)
    for _ in range(5):
        token = pair.administrator.create()
        assert all(pair.gateway.is_active(token["token"]) for _ in range(4))
        pair.administrator.call("DELETE", f"{TOKENS}/{token['id']}")
        assert not any(pair.gateway.is_active(token["token"]) for _ in range(8))
    assert len({pair.call("GET", "/.well-known/jwks.json").body for _ in range(8)}) == 1


def test_a_worker_that_died_is_started_again(pair: Replica) -> None:
    """The other one goes on answering meanwhile, and soon there are two again."""
    assert wait_until(lambda: both_listen(pair), within=BACK_WITHIN)
    before = listening(pair)
    victim = min(before)
    its_sockets = _listening_on(pair.port) & _sockets_of(victim)

    send(signal.SIGKILL, [victim])  # a process that ends has no files a moment before its sockets are closed
    assert wait_until(lambda: not its_sockets & _listening_on(pair.port), within=BACK_WITHIN)
    answers = {pair.call("GET", "/livez").status for _ in range(20)}
    assert wait_until(lambda: both_listen(pair), within=BACK_WITHIN)

    assert answers == {200}
    assert len(listening(pair) - before) == 1
    assert before - {victim} <= listening(pair)


def test_all_workers_finish_what_they_do_when_told_to_stop(pair: Replica, proxy: Proxy) -> None:
    """R64: the word goes to the first process; a request under way is answered, then all are gone, with success."""
    assert wait_until(lambda: both_listen(pair), within=BACK_WITHIN)
    process, members = pair._process, family(pair.pid)
    request = request_bytes(
        "POST", TOKENS, authorization=pair.administrator.authorization, json_body=NEW_TOKEN
    )
    proxy.wait_for_quiet()
    held = proxy.hold(5)

    with ThreadPoolExecutor(1) as pool:
        answering = pool.submit(exchange, pair.port, request)
        assert held.reached.wait(10)
        process.terminate()
        held.release()
        answer = answering.result(20)
    code = process.wait(30)
    proxy.calm()

    assert answer.status == 201
    assert code == 0
    assert family(*members) == []
    pair.start()


def test_no_worker_outlives_the_first_process(pair: Replica) -> None:
    """A process that nobody looks after would keep the port, and an old configuration."""
    pair.start()
    assert wait_until(lambda: both_listen(pair), within=BACK_WITHIN)
    members = family(pair.pid)

    send(signal.SIGKILL, [pair.pid])

    assert wait_until(lambda: not family(*members), within=BACK_WITHIN)
    pair.start()


def test_the_port_is_not_shared_with_strangers(pair: Replica) -> None:
    """A second service on the same port would answer every other request with another issuer's tokens."""
    pair.start()
    run = start(pair.deployment.environment(pair.port), "--workers", "2", folder=pair.folder)

    assert run.returncode == 1
    assert "cannot listen" in run.stderr


@pytest.mark.parametrize("count", ["2", "0", "65"])
def test_sqlite_is_for_one_process(tmp_path: Path, count: str) -> None:
    """R69: told before anything is opened, with the exit code of a wrong configuration."""
    environment = {"SAFECONDUCT_DATA_DIR": str(tmp_path), "SAFECONDUCT_PORT": str(free_port())}

    run = start(environment, "--workers", count, folder=tmp_path)

    assert run.returncode == 2
    assert "--workers" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_workers_that_cannot_start_are_not_started_for_ever(tmp_path: Path) -> None:
    """A database that refuses us at the first start ends the command, as it ends one process."""
    environment = {
        "SAFECONDUCT_DATA_DIR": str(tmp_path),
        "SAFECONDUCT_PORT": str(free_port()),
        "SAFECONDUCT_MASTER_KEY": "00" * 32,
        "SAFECONDUCT_DATABASE_URL": f"postgresql://localhost:{free_port()}/nothing",
    }

    run = start(environment, "--workers", "2", folder=tmp_path)

    assert run.returncode == 1


def start(environment: dict[str, str], *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, "serve", *words],
        env={**os.environ, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
