"""A replica ends in order and by force, and comes back (R64, R70)."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from tests.lab.exchange import Answer, exchange, request_bytes
from tests.lab.proxy import Proxy
from tests.lab.replica import NEW_TOKEN, TOKENS, Replica, running_replica
from tests.servers.leash import Leash, wait_until
from tests.servers.process import free_port

READY_WITHIN = 5  # seconds after a SIGKILL


def verdicts(replica: Replica, tokens: list[str]) -> list[bytes]:
    return [replica.gateway.introspect(token).body for token in tokens]


def test_after_a_kill_it_is_ready_in_time_and_decides_as_before(replica: Replica) -> None:
    """R64, R70: no verdict depends on when the process began, and no hand is needed."""
    ann = replica.administrator
    live, revoked, paused, replaced = (ann.create() for _ in range(4))
    ann.call("DELETE", f"{TOKENS}/{revoked['id']}")
    ann.call("PATCH", f"{TOKENS}/{paused['id']}", json_body={"suspended": True})
    fresh = ann.call("POST", f"{TOKENS}/{replaced['id']}/regenerate", json_body={"expiration": 9}).json
    tokens = [token["token"] for token in (live, revoked, paused, replaced, fresh)]
    before = verdicts(replica, tokens)

    replica.kill9()
    began = time.monotonic()
    replica.start()
    seconds = time.monotonic() - began

    assert [b'"active":true' in verdict for verdict in before] == [True, False, False, False, True]
    assert verdicts(replica, tokens) == before
    assert seconds < READY_WITHIN


def test_a_request_under_way_outlives_the_order_to_stop(replica: Replica, proxy: Proxy) -> None:
    """R64: not ready at once, no new work, and what runs is answered before the process ends by itself."""
    replica.start()
    process = replica._process
    request = request_bytes(
        "POST", TOKENS, authorization=replica.administrator.authorization, json_body=NEW_TOKEN
    )
    proxy.wait_for_quiet()
    held = proxy.hold(5)

    with ThreadPoolExecutor(2) as pool:
        answering = pool.submit(exchange, replica.port, request)
        assert held.reached.wait(5)
        process.terminate()
        assert wait_until(lambda: not replica.is_ready(), within=1)
        held.release()
        answer: Answer = answering.result(10)
    code = process.wait(20)
    proxy.calm()
    replica.start()

    assert answer.status == 201
    assert code == 0
    assert replica.gateway.is_active(answer.json["token"])


@contextmanager
def load(replicas: list[Replica], answers: list[Answer]) -> Iterator[set[int]]:
    """Six clients behind a load balancer, which asks for readiness ten times a second, and retries nothing.

    Yields the ports that it sends requests to.
    """
    ready = {replica.port for replica in replicas}
    over = threading.Event()

    def balance() -> None:
        while not over.is_set():
            for replica in replicas:
                (ready.add if replica.is_ready() else ready.discard)(replica.port)
            over.wait(0.1)

    def ask(number: int) -> None:
        ann = replicas[0].administrator
        create = request_bytes("POST", TOKENS, authorization=ann.authorization, json_body=NEW_TOKEN)
        look = request_bytes("GET", "/v1/me", authorization=ann.authorization)
        while not over.is_set():
            port = sorted(ready)[number % len(ready)]
            answers.append(exchange(port, create if number % 2 else look))

    with ThreadPoolExecutor(7) as pool:
        running = [pool.submit(balance), *(pool.submit(ask, number) for number in range(6))]
        try:
            yield ready
        finally:
            over.set()
        for each in running:
            each.result(30)


def test_a_rolling_restart_under_load_fails_no_request(replica: Replica, leash: Leash) -> None:
    """R64: one replica after the other, each told to stop while the other works: every answer is a success."""
    replica.start()
    other = Replica(replica.deployment, port=free_port(), leash=leash, name="other")
    answers: list[Answer] = []
    with ExitStack() as stack:
        stack.callback(other.kill9)
        other.start()
        with load([replica, other], answers) as ready:
            for each in (replica, other, replica):
                assert wait_until(lambda: len(ready) == 2, within=READY_WITHIN)
                each.stop()
                each.start()

    assert len(answers) >= 100
    assert {answer.status for answer in answers} == {200, 201}


def test_a_gateway_has_a_listener_of_its_own(leash: Leash) -> None:
    """Threats 13: `SAFECONDUCT_GATEWAY_BIND`; it asks for no credentials and serves nothing else."""
    port = free_port()
    with running_replica(leash, GATEWAY_BIND=f"127.0.0.1:{port}") as replica:
        bearer = f"Bearer {replica.administrator.create()['token']}"
        paths = [f"/v1/forward-auth?aud={replica.deployment.issuer}/api", "/v1/me", "/livez"]
        statuses = [exchange(port, request_bytes("GET", path, authorization=bearer)).status for path in paths]

    assert statuses == [200, 404, 200]
