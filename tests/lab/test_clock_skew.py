"""A replica whose machine's clock is wrong, or jumps while it runs: libfaketime in its process, and nothing of ours."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from tests.lab.evidence import claims
from tests.lab.exchange import Answer
from tests.lab.replica import NEW_TOKEN, TOKENS, Deployment, Replica
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer
from tests.servers.process import free_port, private_folder
from tests.servers.wrong_clock import WrongClock

DAY = 86_400
LIMIT, NOTED = 30, 5  # seconds (R71)
PATIENCE = 60  # seconds, where nothing is promised
WRONG = (10, 40, -40, DAY, -DAY)


@dataclass(frozen=True)
class Pair:
    """Two replicas of one database: one machine's clock is right, the other's is the test's to turn."""

    right: Replica
    wrong: Replica
    clock: WrongClock

    def create(self, at: Replica, **members: object) -> Answer:
        ann = self.right.administrator
        return at.call("POST", TOKENS, authorization=ann.authorization, json_body={**NEW_TOKEN, **members})

    def active(self, token: str) -> set[bool]:
        """What both say."""
        sent = {"authorization": self.right.gateway.authorization, "form": {"token": token}}
        answers = [each.call("POST", "/oauth2/introspect", **sent) for each in (self.right, self.wrong)]
        assert {answer.status for answer in answers} == {200}
        return {answer.json["active"] for answer in answers}

    def skew(self) -> int:
        """What the wrong one's metrics say of it."""
        lines = self.wrong.call("GET", "/metrics").body.decode().splitlines()
        [line] = [line for line in lines if line.startswith("safeconduct_clock_skew_seconds ")]
        return int(float(line.split()[1]))


@pytest.fixture(scope="module")
def pair(leash: Leash, postgres_server: PostgresServer) -> Iterator[Pair]:
    database, port = postgres_server.create_database(), free_port()
    with contextlib.ExitStack() as stack:
        folders = [stack.enter_context(private_folder(f"clock-{n}", leash)) for n in range(2)]
        clock = WrongClock(folders[1])
        first = Deployment(folders[0], f"http://localhost:{port}", database_url=postgres_server.url(database))
        right = Replica(first, port=port, leash=leash)
        second = replace(first, folder=folders[1])
        wrong = Replica(second, port=free_port(), leash=leash, also=clock.environment)
        for replica in (right, wrong):
            stack.callback(replica.kill9)
            replica.start()
            assert right.gateway
        yield Pair(right, wrong, clock)


@pytest.fixture(autouse=True)
def _right_again(pair: Pair) -> Iterator[None]:
    yield
    pair.clock.turn_to(0)


@pytest.mark.parametrize("seconds", WRONG)
def test_a_machine_with_a_wrong_clock_is_told_and_left_out_and_decides_alike(
    pair: Pair, seconds: int
) -> None:
    """R71, F23, K21: above 5 s an alarm, above 30 s not ready; the time that signs and judges is the database's."""
    pair.clock.turn_to(seconds)
    ready = pair.wrong.call("GET", "/readyz")
    others = pair.right.call("GET", "/readyz")
    skew = pair.skew()
    made = pair.create(pair.wrong)
    issued = claims(made.json["token"])
    lists = {
        each.call("GET", "/" + issued["status"]["status_list"]["uri"].split("/", 3)[3]).status
        for each in (pair.right, pair.wrong)
    }
    keys = {each.call("GET", "/.well-known/jwks.json").body for each in (pair.right, pair.wrong)}

    assert ready.status == (503 if abs(seconds) > LIMIT else 200)
    assert (ready.json["checks"]["clock"] == "ok") == (abs(seconds) <= LIMIT)
    assert others.status == 200
    assert abs(skew - seconds) <= 2
    assert abs(skew) > NOTED
    assert made.status == 201
    assert abs(issued["iat"] - time.time()) < PATIENCE
    assert pair.active(made.json["token"]) == {True}
    assert lists == {200}
    assert len(keys) == 1
    assert wait_until(lambda: "clock_skew" in pair.wrong.log.read_text(), within=PATIENCE)


def test_a_clock_that_jumps_revives_nothing_and_ends_nothing(pair: Pair) -> None:
    """F24: a day back, a day ahead, and right again in a running process: what was revoked or had ended stays so."""
    live, revoked, ended = (pair.create(pair.right).json for _ in range(3))
    mine = {"authorization": pair.right.administrator.authorization}
    assert pair.right.call("DELETE", f"{TOKENS}/{revoked['id']}", **mine).status == 200
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    shortened = pair.right.call("PATCH", f"{TOKENS}/{ended['id']}", json_body={"expires_at": soon}, **mine)
    assert shortened.status == 200, shortened.raw
    assert wait_until(lambda: pair.active(ended["token"]) == {False}, within=PATIENCE)

    said = []
    for seconds in (-DAY, DAY, 0):
        pair.clock.turn_to(seconds)
        said.append([pair.active(each["token"]) for each in (live, revoked, ended)])

    assert said == [[{True}, {False}, {False}]] * 3
    assert pair.wrong.call("GET", "/readyz").status == 200
