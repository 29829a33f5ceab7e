"""The server behind the address takes no writes, is a standby, or has no connection left (F9, F10, R21)."""

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest

from tests.lab.exchange import Answer
from tests.lab.healthy import IN_TIME, RECOVERS_WITHIN, Witness
from tests.lab.proxy import Proxy
from tests.lab.replica import NEW_TOKEN, PASSWORD, TOKENS, Replica
from tests.lab.standby import Standby
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer
from tests.servers.process import private_folder
from tests.tools.pieces import require

FEW = 20  # connections, of which the service may take ten


@pytest.fixture(autouse=True)
def _usual_again(lab_server: PostgresServer, own_proxy: Proxy) -> Iterator[None]:
    yield
    own_proxy.target = lab_server.port
    own_proxy.calm()
    lab_server.sql("ALTER SYSTEM RESET ALL")
    lab_server.stop()
    lab_server.start()


def truths_and_changes(witness: Witness) -> list[Answer]:
    """What needs a primary: questions, a creation, a revocation, a sign-in."""
    replica, gateway = witness.replica, witness.replica.gateway
    revocation = {"authorization": gateway.authorization, "form": {"token": witness.live}}
    return [
        gateway.introspect(witness.live),
        gateway.introspect(witness.revoked),
        replica.administrator.call("POST", TOKENS, json_body=NEW_TOKEN),
        replica.call("POST", "/oauth2/revoke", **revocation),
        replica.call("POST", "/v1/session", json_body={"name": "ann", "password": PASSWORD}),
    ]


def test_a_server_made_read_only_is_believed_no_more(
    exposed: Replica, lab_server: PostgresServer, own_proxy: Proxy
) -> None:
    """F9: sessions that are open already hear of it as well; neither truth nor change is claimed."""
    witness = Witness(exposed)
    lab_server.sql("ALTER SYSTEM SET default_transaction_read_only = on")
    lab_server.sql("SELECT pg_reload_conf()")
    heard = wait_until(lambda: exposed.gateway.introspect(witness.live).status == 503, within=IN_TIME)

    pooled = truths_and_changes(witness)
    own_proxy.sever()
    fresh = truths_and_changes(witness)
    lab_server.sql("ALTER SYSTEM RESET default_transaction_read_only")
    lab_server.sql("SELECT pg_reload_conf()")

    assert heard
    assert [answer.status for answer in pooled + fresh] == [503] * 10
    assert max(answer.seconds for answer in pooled + fresh) < IN_TIME
    witness.assert_recovery()


def test_a_standby_tells_no_truth(
    exposed: Replica, lab_server: PostgresServer, own_proxy: Proxy, leash: Leash
) -> None:
    """R21, F9, threats 22: what a fail-over to the wrong place would answer is refused, until the primary is back."""
    witness = Witness(exposed)
    with private_folder("standby", leash) as folder:
        standby = Standby(lab_server, require("postgresql"), folder=folder, leash=leash)
        standby.start()
        try:
            own_proxy.target = standby.port
            own_proxy.sever()
            answers = truths_and_changes(witness)
            ready = exposed.is_ready()
        finally:
            own_proxy.target = lab_server.port
            own_proxy.sever()
            standby.stop()

    assert [answer.status for answer in answers] == [503] * 5
    assert max(answer.seconds for answer in answers) < IN_TIME
    assert not ready
    witness.assert_recovery()


@contextlib.contextmanager
def hogged(server: PostgresServer) -> Iterator[None]:
    """Every connection that was left is somebody else's."""
    taken: list[asyncpg.Connection] = []

    async def take() -> None:
        with contextlib.suppress(asyncpg.TooManyConnectionsError):
            while True:
                taken.append(await asyncpg.connect(server.url()))

    async def give_back() -> None:
        for connection in taken:
            await connection.close()

    with asyncio.Runner() as runner:
        runner.run(take())
        try:
            yield
        finally:
            runner.run(give_back())


def test_a_server_without_a_connection_left_costs_new_ones_alone(
    exposed: Replica, lab_server: PostgresServer, own_proxy: Proxy
) -> None:
    """F10, 53300: what is in the pool goes on working; what would need more is 503 in time, until there is more."""
    lab_server.sql(f"ALTER SYSTEM SET max_connections = {FEW}")
    lab_server.stop()
    lab_server.start()
    witness = Witness(exposed)
    ann = exposed.administrator
    own_proxy.sever()
    assert wait_until(witness.works, within=RECOVERS_WITHIN)

    with hogged(lab_server), ThreadPoolExecutor(20) as pool:
        together = list(pool.map(lambda _: ann.call("GET", "/v1/me"), range(60)))
        one_by_one = [ann.call("GET", "/v1/me") for _ in range(10)]
        changes = [ann.call("POST", TOKENS, json_body=NEW_TOKEN) for _ in range(3)]
        questions = [exposed.gateway.introspect(witness.live) for _ in range(3)]

    assert {answer.status for answer in together} <= {200, 503}
    assert max(answer.seconds for answer in together) < IN_TIME
    assert [answer.status for answer in one_by_one + changes + questions] == [200] * 10 + [201] * 3 + [
        200
    ] * 3
    witness.assert_recovery()
