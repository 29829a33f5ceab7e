"""What one process commits wakes the others; a notice that is lost costs a poll and nothing else."""

from collections.abc import Iterator

import pytest

from tests.lab.cluster import Cluster, running_cluster
from tests.lab.replica import TOKENS
from tests.lab.stream import following
from tests.lab.test_publication import place
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer

SELDOM, OFTEN = 30, 1  # seconds between two polls
AT_ONCE = 10  # seconds: of a busy machine, and far below a poll
PATIENCE = 60  # seconds, where nothing is promised


@pytest.fixture(scope="module")
def cluster(leash: Leash, postgres_server: PostgresServer) -> Iterator[Cluster]:
    """One that revokes, one that polls so seldom that a test would be over, and one that polls."""
    polls = [{"SAFECONDUCT_REVOCATION_POLL_MS": f"{seconds}000"} for seconds in (SELDOM, SELDOM, OFTEN)]
    with running_cluster(leash, postgres_server, each=polls) as cluster:
        yield cluster


def told(cluster: Cluster, number: int, *, within: float, cut: bool = False) -> bool:
    """Whether a replica's stream tells in time of a revocation at the first one, before which its connections to the
    database may be cut.
    """
    ann = cluster.replicas[0].administrator
    token = ann.create()
    with following(cluster.replicas[number].port) as [reader]:
        assert wait_until(lambda: bool(reader.events), within=PATIENCE)
        if cut:
            cluster.edges[number].sever()
        assert ann.call("DELETE", f"{TOKENS}/{token['id']}").status == 200
        return wait_until(lambda: place(token) in reader.refused(), within=within)


def test_another_process_is_told_without_waiting_for_its_poll(cluster: Cluster) -> None:
    """R4: by the notice that comes with the commit, every time; its poll comes twice a minute."""
    first = told(cluster, 1, within=PATIENCE)  # the list is new: the stream begins

    heard = [told(cluster, 1, within=AT_ONCE) for _ in range(3)]

    assert first
    assert heard == [True] * 3


def test_who_has_lost_its_connections_looks_once_it_listens_again(cluster: Cluster) -> None:
    """R5: what was committed while nobody listened waits for no poll either."""
    assert told(cluster, 1, within=AT_ONCE, cut=True)


def test_without_a_connection_that_listens_the_poll_brings_it(cluster: Cluster) -> None:
    """R5: a notice is lost, and with it nothing: here it is never even asked for."""
    edge = cluster.edges[2]
    deaf = edge.hold(of=lambda message: b"LISTEN" in message.octets, every=True)
    edge.sever()
    assert wait_until(deaf.reached.is_set, within=PATIENCE)

    heard = [told(cluster, 2, within=PATIENCE) for _ in range(3)]

    assert heard == [True] * 3
    edge.calm()
