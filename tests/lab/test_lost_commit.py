"""A create whose COMMIT, or whose answer to it, is lost: asked again under its key it is one token (F8, R11, R14)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lab.evidence import jwts
from tests.lab.exchange import Answer, exchange, request_bytes
from tests.lab.healthy import IN_TIME
from tests.lab.proxy import Proxy
from tests.lab.replica import NEW_TOKEN, TOKENS, Replica
from tests.servers.leash import wait_until


@pytest.fixture(autouse=True)
def _calm_again(own_proxy: Proxy) -> Iterator[None]:
    yield
    own_proxy.calm()


def keyed(replica: Replica, key: str) -> bytes:
    request = request_bytes(
        "POST", TOKENS, authorization=replica.administrator.authorization, json_body=NEW_TOKEN
    )
    return request.replace(b"\r\n\r\n", f"\r\nIdempotency-Key: {key}\r\n\r\n".encode(), 1)


def retried(replica: Replica, request: bytes) -> Answer:
    """The first answer that is no "in progress": what the server had under way for a lost client ends first."""
    answers: list[Answer] = []

    def ended() -> bool:
        answers.append(exchange(replica.port, request))
        return answers[-1].status != 409

    assert wait_until(ended, within=10)
    return answers[-1]


@pytest.mark.parametrize(("lost", "status"), [("the answer", 200), ("the commit", 201)])
def test_a_retry_after_a_lost_commit_finds_what_was_made_or_makes_it(
    exposed: Replica, own_proxy: Proxy, lost: str, status: int
) -> None:
    """503 `outcome_unknown` first; then the record without its value, or, where nothing was made, a token."""
    before = len(exposed.administrator.tokens())
    request = keyed(exposed, f"a-key-for-a-lost-{lost.replace(' ', '-')}")
    own_proxy.wait_for_quiet()
    held = own_proxy.hold(of=lambda message: message.commits, answer=lost == "the answer")

    with ThreadPoolExecutor(1) as pool:
        answering = pool.submit(exchange, exposed.port, request)
        assert wait_until(held.reached.is_set, within=IN_TIME)
        held.cut()
        first = answering.result(10)
    own_proxy.calm()
    again, last = retried(exposed, request), retried(exposed, request)

    assert (first.status, first.code, jwts(first.raw)) == (503, "outcome_unknown", [])
    assert (again.status, len(jwts(again.raw))) == (status, status == 201)
    assert (last.status, last.json["id"], last.json["token"]) == (200, again.json["id"], None)
    assert last.json["value_gone"] is True
    assert len(exposed.administrator.tokens()) == before + 1
