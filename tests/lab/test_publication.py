"""Redis and the event stream, fed by replicas that are killed, frozen and cut off, each a process of its own."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.lab.cluster import Cluster, running_cluster
from tests.lab.evidence import claims
from tests.lab.proxy import Mode, Proxy, proxy_to
from tests.lab.replica import TOKENS, Person
from tests.lab.stream import following
from tests.lab.wire import Pieces
from tests.publish.redis_page import Reader, prefix, python_reader
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer
from tests.servers.redis import RedisServer, running_redis
from tests.tools.pieces import require

IN_TIME = 1  # seconds from the acknowledgement to Redis and the stream, when all is well (R4)
DRAINED_WITHIN = 10  # seconds after a restart (R5)
PATIENCE = 60  # seconds, where nothing is promised


@dataclass
class World:
    """Three replicas, the Redis they publish in by `way`, and one of its readers."""

    cluster: Cluster
    server: RedisServer
    way: Proxy
    folder: Path
    read: Reader

    @property
    def issuer(self) -> str:
        return self.cluster.replicas[0].deployment.issuer

    @property
    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.server.url)

    def person(self, number: int) -> Person:
        """The administrator, at one of the replicas."""
        first = self.cluster.replicas[0].administrator
        return Person(self.cluster.replicas[number], first.id, first.secret)

    def says(self, token: dict[str, Any]) -> str:
        return self.read(*reference(token))

    def revoke(self, token: dict[str, Any], by: int = 0) -> float:
        """When it was acknowledged."""
        answer = self.person(by).call("DELETE", f"{TOKENS}/{token['id']}")
        assert answer.status == 200, answer.raw
        return time.monotonic()

    def entries(self) -> list[str]:
        """The ids of the stream in Redis."""
        return [entry_id.decode() for entry_id, _ in self.client.xrange(f"{prefix(self.issuer)}changes")]


def reference(token: dict[str, Any]) -> tuple[str, int]:
    entry = claims(token["token"])["status"]["status_list"]
    return entry["uri"], entry["idx"]


def place(token: dict[str, Any]) -> tuple[str, int]:
    uri, idx = reference(token)
    return uri.rpartition("/")[2], idx


@pytest.fixture(scope="module")
def world(
    leash: Leash, lab_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with ExitStack() as stack:
        server = stack.enter_context(running_redis(require("redis"), leash))
        way = stack.enter_context(proxy_to(server.port, Pieces))
        also = {"SAFECONDUCT_REDIS_URL": f"redis://127.0.0.1:{way.port}/0"}
        cluster = stack.enter_context(running_cluster(leash, lab_server, also=also))
        folder = tmp_path_factory.mktemp("reader")
        issuer = cluster.replicas[0].deployment.issuer
        read = stack.enter_context(python_reader(server.url, issuer, folder))
        yield World(cluster, server, way, folder, read)


@pytest.fixture(autouse=True)
def _calm_again(world: World) -> Iterator[None]:
    yield
    world.way.calm()
    for edge, replica in zip(world.cluster.edges, world.cluster.replicas, strict=True):
        edge.calm()
        replica.start()
    assert wait_until(lambda: world.cluster.are_ready, within=PATIENCE)


def known(world: World, count: int) -> list[dict[str, Any]]:
    """Tokens that Redis says are valid."""
    tokens = [world.person(0).create() for _ in range(count)]
    assert wait_until(lambda: world.says(tokens[-1]) == "valid", within=PATIENCE)
    return tokens


def test_a_revocation_is_in_redis_and_on_every_stream_within_a_second(world: World) -> None:
    """R4, p99 of a hundred: at the replica that took it and at one that learns of it by its poll."""
    tokens = known(world, 100)
    acknowledged, in_redis = [], []
    with following(*(replica.port for replica in world.cluster.replicas)) as readers:
        assert wait_until(lambda: all(reader.events for reader in readers), within=PATIENCE)
        for token in tokens:
            acknowledged.append(world.revoke(token))
            assert wait_until(lambda token=token: world.says(token) == "refuse", within=PATIENCE)
            in_redis.append(time.monotonic())
        last = place(tokens[-1])
        assert wait_until(lambda: all(last in reader.refused() for reader in readers), within=PATIENCE)
        streams = [[reader.refused()[place(token)] for token in tokens] for reader in readers]

    for arrived in (in_redis, *streams):
        delays = sorted(there - then for there, then in zip(arrived, acknowledged, strict=True))
        assert delays[98] <= IN_TIME, delays[-5:]


def test_replicas_that_publish_at_once_agree(world: World) -> None:
    """Threats 6: one is frozen in the middle and goes on later; nothing is missing, out of order or turned back."""
    tokens = known(world, 60)
    stalled = world.cluster.replicas[2]
    with following(*(replica.port for replica in world.cluster.replicas)) as readers:
        assert wait_until(lambda: all(reader.events for reader in readers), within=PATIENCE)
        with ThreadPoolExecutor(2) as pool:
            revoked = [pool.submit(world.revoke, token, number % 2) for number, token in enumerate(tokens)]
            for done in revoked[:20]:
                done.result(PATIENCE)
            stalled.pause()
            for done in revoked:
                done.result(PATIENCE)
        assert wait_until(lambda: {world.says(token) for token in tokens} == {"refuse"}, within=PATIENCE)
        stalled.resume()
        places = {place(token) for token in tokens}
        heard = wait_until(
            lambda: all(places <= reader.refused().keys() for reader in readers), within=PATIENCE
        )
        told = [[event.data["revision"] for event in reader.changes] for reader in readers]

    assert heard
    assert {world.says(token) for token in tokens} == {"refuse"}
    assert all(revisions == [*range(revisions[0], revisions[-1] + 1)] for revisions in told)
    ids = world.entries()
    assert ids == [f"1-{n}" for n in range(int(ids[0][2:]), int(ids[-1][2:]) + 1)]


@pytest.mark.parametrize("answer", [False, True], ids=["before", "after"])
def test_a_replica_killed_between_commit_and_publication_loses_nothing(world: World, answer: bool) -> None:
    """R5, F3: the only one that runs dies with the script on its way, or done but not answered."""
    token, live = known(world, 2)
    first, *others = world.cluster.replicas
    for replica in others:
        replica.kill9()
    with following(first.port) as [reader]:
        assert wait_until(lambda: bool(reader.events), within=PATIENCE)
        held = world.way.hold(of=lambda message: b"EVALSHA" in message.octets, answer=answer)
        world.revoke(token)
        assert wait_until(held.reached.is_set, within=PATIENCE)
        first.kill9()
        world.way.calm()
        world.way.sever()
        first.start()
        in_redis = wait_until(lambda: world.says(token) == "refuse", within=DRAINED_WITHIN)
        on_stream = wait_until(lambda: place(token) in reader.refused(), within=DRAINED_WITHIN)
        names = [event.name for event in reader.events]

    assert in_redis
    assert on_stream
    assert names.count("resync") == 1  # it went on where it was, at a process that had not been there
    assert world.says(live) == "valid"


def test_without_a_way_to_redis_its_readers_stop_believing_it(world: World) -> None:
    """Threats 4, T3: a reader, also one that has just begun, says unknown when nobody refreshes what is there."""
    token, live = known(world, 2)
    issuer, replica = world.issuer, world.cluster.replicas[0]
    with python_reader(world.server.url, issuer, world.folder) as read:
        read.__self__.max_staleness = 8  # the operator's to choose; seconds
        assert read(*reference(live)) == "valid"
        world.way.enter(Mode.BLACK_HOLE)
        world.revoke(token)
        unknown = wait_until(lambda: read(*reference(live)) == "unknown", within=PATIENCE)
        said = read(*reference(token))
        ready = replica.call("GET", "/readyz")
        fast = [replica.call("GET", "/livez").seconds for _ in range(20)]
        world.way.calm()
        again = wait_until(lambda: read(*reference(live)) == "valid", within=PATIENCE)

    assert unknown
    assert said == "unknown"
    assert (ready.status, ready.json["checks"]["redis"]) == (200, "failed")
    assert max(fast) < 3
    assert again
    assert wait_until(lambda: world.says(token) == "refuse", within=PATIENCE)


def test_without_the_database_nothing_that_is_pushed_looks_fresh(world: World) -> None:
    """Threats 4: heartbeats go on and Redis answers, but `as_of` stands still at both."""
    [live] = known(world, 1)
    with (
        python_reader(world.server.url, world.issuer, world.folder) as read,
        following(world.cluster.replicas[0].port) as [reader],
    ):
        read.__self__.max_staleness = 8
        assert wait_until(lambda: bool(reader.events), within=PATIENCE)
        for edge in world.cluster.edges:
            edge.enter(Mode.BLACK_HOLE)
        unknown = wait_until(lambda: read(*reference(live)) == "unknown", within=PATIENCE)
        seen = len(reader.events)
        beats = wait_until(lambda: len(reader.events) >= seen + 2, within=PATIENCE)
        ages = {event.data["as_of"] for event in reader.events[seen:]}
        for edge in world.cluster.edges:
            edge.calm()
        again = wait_until(lambda: read(*reference(live)) == "valid", within=PATIENCE)

    assert unknown
    assert beats
    assert len(ages) == 1
    assert again


def test_a_promoted_replica_of_redis_that_lags_is_not_believed(world: World, leash: Leash) -> None:
    """F17: what the old primary had last is missing; who has seen more says unknown until it is published anew."""
    token, live = known(world, 2)
    port = world.way.target
    with (
        running_redis(require("redis"), leash) as lagging,
        python_reader(lagging.url, world.issuer, world.folder) as read,
    ):
        lagging.ask("REPLICAOF", "127.0.0.1", str(world.server.port))
        assert wait_until(lambda: read(*reference(live)) == "valid", within=PATIENCE)
        lagging.ask("REPLICAOF", "NO", "ONE")  # from here on it hears nothing more
        world.revoke(token)
        assert wait_until(lambda: world.says(token) == "refuse", within=PATIENCE)
        read.__self__.seen = world.read.__self__.seen
        before = {read(*reference(token)), read(*reference(live))}
        world.server.pause()
        world.way.target = lagging.port
        world.way.sever()
        said: set[str] = set()

        def caught_up() -> bool:
            said.add(read(*reference(token)))
            return said >= {"refuse"} and read(*reference(live)) == "valid"

        published = wait_until(caught_up, within=PATIENCE)
        world.server.resume()
        world.way.target = port
        world.way.sever()

    assert before == {"unknown"}
    assert published
    assert "valid" not in said
