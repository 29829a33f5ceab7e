"""The database stops, freezes, falls silent: 503 in time, nothing guessed, nothing lost (F5, F6)."""

import contextlib
import os
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from statistics import median

import pytest

from tests.lab.evidence import status
from tests.lab.exchange import Answer
from tests.lab.healthy import IN_TIME, Witness
from tests.lab.proxy import Mode, Proxy
from tests.lab.replica import NEW_TOKEN, TOKENS, Replica
from tests.lab.walk import Step, steps, walk
from tests.servers.leash import wait_until
from tests.servers.postgresql import PostgresServer

CROWD = 80  # at once: more than two batches of questions
INSIDES = re.compile(
    rb"Traceback|asyncpg|aiosql|\bSELECT\b|postgres|127\.0\.0\.1|/site-packages/|\.py\b", re.IGNORECASE
)

Fault = Callable[[PostgresServer, Proxy], AbstractContextManager[None]]


@contextlib.contextmanager
def stopped(server: PostgresServer, _proxy: Proxy) -> Iterator[None]:
    os.kill(server.pid, signal.SIGQUIT)  # as by pg_ctl stop -m immediate
    assert wait_until(lambda: server.pid is None, within=10)
    yield
    server.start()


@contextlib.contextmanager
def frozen(server: PostgresServer, _proxy: Proxy) -> Iterator[None]:
    server.pause()
    yield
    server.resume()


def entered(mode: Mode) -> Fault:
    @contextlib.contextmanager
    def fault(_server: PostgresServer, proxy: Proxy) -> Iterator[None]:
        proxy.enter(mode)
        yield
        proxy.calm()

    return fault


FAULTS = {
    "stopped": stopped,
    "frozen": frozen,
    "black hole": entered(Mode.BLACK_HOLE),
    "reset": entered(Mode.RESET),
    "half-closed": entered(Mode.HALF_CLOSE),
}


@pytest.fixture(params=FAULTS)
def fault(
    request: pytest.FixtureRequest, lab_server: PostgresServer, own_proxy: Proxy
) -> Iterator[AbstractContextManager[None]]:
    yield FAULTS[request.param](lab_server, own_proxy)
    lab_server.start()
    own_proxy.calm()


def offences(answers: dict[Step, Answer]) -> list[str]:
    """Whatever is not: in time; 503 without a word of why, or, where memory knows, the answer."""
    found = []
    for step, answer in answers.items():
        expected = {503} if step.needs_truth else {200, 202, 204}
        if answer.seconds >= IN_TIME:
            found.append(f"{step.name}: {answer.status} after {answer.seconds:.1f} s")
        if answer.status not in expected or INSIDES.search(answer.body):
            found.append(f"{step.name}: {answer.status} {answer.body}")
        if answer.status == 503 and step.name != "GET /readyz" and not answer.header("Retry-After"):
            found.append(f"{step.name}: when to come again is not said")
    return found


def test_without_its_database_every_route_answers_in_time_and_guesses_nothing(
    exposed: Replica, fault: AbstractContextManager[None]
) -> None:
    """R21, R57, R59, R76: three rounds of all routes at once, with the pool as it was and with what is left of
    it (F5, F6).
    """
    witness = Witness(exposed)
    way = list(steps(exposed, witness.live))

    with fault:
        rounds = [walk(exposed, way) for _ in range(3)]
        alive = [exposed.call("GET", "/livez") for _ in range(20)]
        listed = status(exposed, witness.revoked), status(exposed, witness.live)

    assert [offence for answers in rounds for offence in offences(answers)] == []
    assert {answer.status for answer in alive} == {200}
    assert median(answer.seconds for answer in alive) < 0.1
    assert listed == (1, 0)
    witness.assert_recovery()


def test_a_crowd_of_questions_is_answered_in_time_as_well(
    exposed: Replica, fault: AbstractContextManager[None]
) -> None:
    """Whoever asks while another question is stuck does not wait for that one first and for their own then."""
    witness = Witness(exposed)
    made = [exposed.administrator.create() for _ in range(CROWD)]

    def ask(number: int) -> Answer:
        token = made[number % CROWD]
        match number % 4:
            case 0:
                return exposed.administrator.call("DELETE", f"{TOKENS}/{token['id']}")
            case 1:
                return exposed.administrator.call("POST", TOKENS, json_body=NEW_TOKEN)
        return exposed.gateway.introspect(token["token"])

    with ThreadPoolExecutor(CROWD) as pool:
        before = list(pool.map(lambda token: exposed.gateway.is_active(token["token"]), made))
        with fault:
            answers = list(pool.map(ask, range(3 * CROWD)))

    assert all(before)
    assert {answer.status for answer in answers} == {503}
    assert max(answer.seconds for answer in answers) < IN_TIME
    witness.assert_recovery()
