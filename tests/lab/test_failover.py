"""T6: PostgreSQL with a synchronous standby, whose silence must not be taken for a yes, and fail-over to it (F12)."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.lab.conftest import through
from tests.lab.proxy import Proxy, proxy_to
from tests.lab.replica import TOKENS, Replica, running_replica
from tests.lab.standby import Follower
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer, running_postgres
from tests.servers.process import private_folder
from tests.tools.pieces import require

GIVE_UP = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
SYNCED = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"


@dataclass(frozen=True)
class Pair:
    """`edge` leads the service to the primary, wherever that is."""

    primary: PostgresServer
    standby: Follower
    edge: Proxy
    replica: Replica

    def fail_over(self) -> None:
        """The primary is gone for good; the standby takes its place and its address."""
        self.primary.kill9()
        self.standby.resume()
        self.standby.promote()
        self.standby.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.standby.sql("SELECT pg_reload_conf()")
        self.edge.target = self.standby.port
        self.edge.sever()
        assert wait_until(self.replica.is_ready, within=20)


@pytest.fixture
def pair(leash: Leash) -> Iterator[Pair]:
    program = require("postgresql")
    with (
        running_postgres(program, leash) as primary,
        private_folder("standby", leash) as folder,
        proxy_to(primary.port) as edge,
    ):
        database = primary.create_database()
        standby = Follower(primary, program, folder=folder, leash=leash)
        standby.start()
        try:
            primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.sql("SELECT pg_reload_conf()")
            assert wait_until(lambda: primary.sql(SYNCED) == "1", within=20)
            with running_replica(leash, database_url=through(edge, primary, database)) as replica:
                yield Pair(primary, standby, edge, replica)
        finally:
            standby.kill9()


def test_a_revocation_is_acknowledged_when_the_standby_has_it_and_outlives_the_fail_over(pair: Pair) -> None:
    """T6, R1, F12, R75: with the standby silent a revoke is never answered 2xx, first or again; what was
    answered 2xx is revoked on the new primary too.
    """
    ann = pair.replica.administrator
    safe, cut, live = ann.create(), ann.create(), ann.create()
    assert ann.call("DELETE", f"{TOKENS}/{safe['id']}").status == 200
    gateway = pair.replica.gateway

    pair.standby.pause()
    answers = [ann.call("DELETE", f"{TOKENS}/{cut['id']}")]
    pair.primary.sql(GIVE_UP)  # now it is visible here, and only here
    answers += [ann.call("DELETE", f"{TOKENS}/{cut['id']}") for _ in range(2)]
    pair.fail_over()

    assert {answer.status for answer in answers} == {503}
    assert all(answer.seconds < 5 for answer in answers)
    assert not gateway.is_active(safe["token"])
    assert gateway.is_active(live["token"])
    assert ann.call("DELETE", f"{TOKENS}/{cut['id']}").status == 200
    assert not gateway.is_active(cut["token"])
