"""Introspection as a source, alone and before the lists: no answer is older than its question."""

import asyncio
import base64
import json
from urllib.parse import parse_qs

import pytest
from safeconduct import Verifier
from safeconduct import errors as e
from safeconduct.sources import Introspection, SignedLists

from tests.sdk.issuer import AUDIENCE, Answer, TestIssuer
from tests.sdk.test_staleness import outcome
from tests.servers.leash import wait_until

PATH = "/oauth2/introspect"


@pytest.fixture
def introspecting(issuer: TestIssuer) -> TestIssuer:
    """An issuer that says of every token that it is active."""
    issuer.metadata = {"introspection_endpoint": f"{issuer.url}{PATH}"}
    says(issuer, active=True)
    return issuer


def says(issuer: TestIssuer, **document: object) -> None:
    issuer.answers[PATH] = Answer(json.dumps(document).encode())


def test_every_request_is_a_question(introspecting: TestIssuer, new_verifier) -> None:
    """Revoked at once: nothing is remembered unless it was allowed (R22)."""
    verifier, token = new_verifier(revocation=Introspection("client", "s&c:ret")), introspecting.token()

    for _ in range(3):
        assert outcome(verifier, token, client_address="192.0.2.1") == "accepted"
        introspecting.time.advance(0.001)
    assert introspecting.visits[PATH] == 3
    says(introspecting, active=False)
    assert outcome(verifier, token) == "token_inactive"

    [asked] = {body for body in introspecting.bodies if b"client_ip" in body}
    assert parse_qs(asked.decode()) == {
        "token": [token],
        "token_type_hint": ["access_token"],
        "client_ip": ["192.0.2.1"],
    }
    assert base64.b64decode(Introspection("a b", "s&c:ret")._authorization[6:]) == b"a%20b:s%26c%3Aret"


def test_an_answer_is_remembered_for_as_long_as_was_allowed(introspecting: TestIssuer, new_verifier) -> None:
    """At most ten seconds (R22), and less where a call demands it."""
    verifier, token = new_verifier(revocation=Introspection("c", "s", remember=10)), introspecting.token()
    outcome(verifier, token)
    says(introspecting, active=False)
    introspecting.time.advance(10)

    assert outcome(verifier, token) == "accepted"
    assert outcome(verifier, token, max_staleness=5) == "token_inactive"
    with pytest.raises(e.InvalidPolicy):
        Introspection("c", "s", remember=11)


@pytest.mark.parametrize(
    "wrong",
    [
        Answer(b"{}", status=401),
        Answer(b"{}", status=503),
        Answer(b'{"active": "yes"}'),
        Answer(b'{"active": true, "active": false}'),
        Answer(b'{"active": true}', "text/html"),
        Answer(b""),
    ],
)
def test_what_is_no_answer_is_no_verdict(introspecting: TestIssuer, new_verifier, wrong) -> None:
    """Alone it is 503; before the lists, they decide."""
    introspecting.answers[PATH] = wrong
    alone = new_verifier(revocation=Introspection("c", "s"))
    before_lists = new_verifier(revocation=[Introspection("c", "s"), SignedLists()])
    introspecting.set_status(4711, 1)

    assert outcome(alone, introspecting.token()) == "verifier_unavailable"
    assert outcome(before_lists, introspecting.token()) == "token_revoked"
    assert outcome(before_lists, introspecting.token(idx=9)) == "accepted"


def test_a_forged_token_is_no_reason_to_ask(introspecting: TestIssuer, new_verifier) -> None:
    """Signature, issuer, audience and times are judged before anybody is asked (attack 76)."""
    verifier = new_verifier(revocation=Introspection("c", "s"))

    assert outcome(verifier, introspecting.token()[:-8] + "AAAAAAAA") == "bad_signature"
    assert outcome(verifier, introspecting.token(aud="https://other.example")) == "token_wrong_api"
    assert introspecting.visits[PATH] == 0


async def test_no_request_is_answered_by_a_question_older_than_itself(introspecting: TestIssuer) -> None:
    """A request that comes while a question is on its way asks again: what was asked before a revocation is old."""
    introspecting.answers[PATH] = Answer(b'{"active": true}', delay=0.2)
    token, time = introspecting.token(), introspecting.time
    async with Verifier(
        introspecting.url, AUDIENCE, clock=time.clock, revocation=Introspection("c", "s")
    ) as verifier:
        first = asyncio.create_task(verifier.verify(token))
        await asyncio.to_thread(wait_until, lambda: introspecting.visits[PATH], within=20)
        time.advance(0.1)
        says(introspecting, active=False)
        second = asyncio.create_task(verifier.verify(token))
        await first

        with pytest.raises(e.TokenInactive):
            await second


def test_each_source_says_how_soon_it_notices(new_verifier) -> None:
    """The bound of a chain names all of its parts in turn."""
    alone, chained = (
        new_verifier(revocation=Introspection("c", "s")),
        new_verifier(revocation=[Introspection("c", "s", remember=5), SignedLists()]),
    )

    assert alone.verifier.bound == "introspection: at once"
    assert chained.verifier.bound.startswith(
        "introspection: within 5 s; where that is silent, signed lists: within 1 min"
    )
