"""The database is slow, or carries a commit out and the answer is lost (F7, F8)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lab.evidence import jwts
from tests.lab.exchange import Answer, exchange
from tests.lab.healthy import IN_TIME, Witness
from tests.lab.operations import OPERATIONS
from tests.lab.proxy import Proxy
from tests.lab.replica import NEW_TOKEN, TOKENS, Replica
from tests.servers.leash import wait_until


@pytest.fixture(autouse=True)
def _calm_again(own_proxy: Proxy) -> Iterator[None]:
    yield
    own_proxy.calm()


def test_half_a_second_for_each_packet_makes_everything_slower_and_nothing_wrong(
    exposed: Replica, own_proxy: Proxy
) -> None:
    """F7: a question is one round trip; a change has a score of them, and still ends well."""
    witness = Witness(exposed)
    assert exposed.gateway.is_active(witness.live)
    own_proxy.delay = 0.5

    asked = exposed.gateway.introspect(witness.live)
    changed = exposed.administrator.call("POST", TOKENS, json_body=NEW_TOKEN)
    own_proxy.calm()

    assert (asked.status, asked.json["active"]) == (200, True)
    assert 0.5 <= asked.seconds < IN_TIME
    assert changed.status == 201
    assert changed.seconds < 20, changed.seconds
    witness.assert_recovery()


def test_five_seconds_for_each_packet_are_too_many(exposed: Replica, own_proxy: Proxy) -> None:
    """F7: 503 when the time of a statement is over, and what was cut off has no double effect when repeated."""
    witness = Witness(exposed)
    doomed = exposed.administrator.create()
    before = len(exposed.administrator.tokens())
    own_proxy.delay = 5

    answers = [
        exposed.gateway.introspect(witness.live),
        exposed.administrator.call("DELETE", f"{TOKENS}/{doomed['id']}"),
        exposed.administrator.call("POST", TOKENS, json_body=NEW_TOKEN),
        exposed.call("GET", "/livez"),
    ]
    own_proxy.calm()

    assert [answer.status for answer in answers] == [503, 503, 503, 200]
    assert max(answer.seconds for answer in answers) < IN_TIME
    assert wait_until(witness.works, within=5)
    assert len(exposed.administrator.tokens()) - before in {1, 2}
    repeated = [exposed.administrator.call("DELETE", f"{TOKENS}/{doomed['id']}") for _ in range(2)]
    assert [answer.status for answer in repeated] == [200, 200]
    assert repeated[0].json["revoked_at"] == repeated[1].json["revoked_at"]
    witness.assert_recovery()


@pytest.mark.parametrize("ending", ["silence", "reset"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_lost_answer_to_a_commit_is_an_unknown_outcome_and_a_repeat_converges(
    exposed: Replica, own_proxy: Proxy, name: str, ending: str
) -> None:
    """R11, F8: neither done nor undone is claimed, no value is shown, and asking again tells."""
    operation = OPERATIONS[name](exposed)
    operation.prepare()
    request = operation.request()
    own_proxy.wait_for_quiet()
    held = own_proxy.hold(of=lambda message: message.commits, answer=True)

    with ThreadPoolExecutor(1) as pool:
        answering = pool.submit(exchange, exposed.port, request)
        assert wait_until(lambda: held.reached.is_set() or answering.done(), within=IN_TIME)
        if ending == "reset":
            held.cut()
        answer: Answer = answering.result(10)
    own_proxy.calm()

    assert held.reached.is_set()
    assert (answer.status, answer.code) == (503, "outcome_unknown")
    assert int(answer.header("Retry-After")) >= 1
    assert answer.seconds < IN_TIME
    assert jwts(answer.raw) == []
    operation.check(Answer(b"", 0))
    operation.prepare()
    assert exchange(exposed.port, operation.request()).status in {200, 201}
