"""Every framework's example, run as it stands beside a live service: accepted, refused, revoked, compromised."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from safeconduct import STRICT

from tests.lab.evidence import claims
from tests.lab.replica import REPORTS, TOKENS, Replica, running_replica
from tests.sdk.examples import Example, running_example
from tests.servers.leash import Leash, wait_until
from tests.servers.process import free_port

NAMES = ["aiohttp", "fastapi", "asgi", "flask", "wsgi", "django", "drf"]


@pytest.fixture(scope="module")
def replica(leash: Leash) -> Iterator[Replica]:
    with running_replica(leash) as replica:
        yield replica


@pytest.fixture(scope="module")
def examples(replica: Replica, leash: Leash) -> Iterator[list[Example]]:
    """All of them, each a process of its own."""
    with ExitStack() as running:
        yield [running.enter_context(running_example(name, replica, leash)) for name in NAMES]


@pytest.fixture(scope="module")
def measured() -> Iterator[dict[str, dict[str, float]]]:
    """What happened -> seconds by example; printed as a table once all is measured."""
    rows: dict[str, dict[str, float]] = {}
    yield rows
    lines = ["".join(f"{name:>9}" for name in NAMES)]
    lines += ["".join(f"{row[name]:>9}" for name in NAMES) + f"  {event}" for event, row in rows.items()]
    sys.stdout.write("\n".join(["", *lines, f"stated: {STRICT}", ""]))


@pytest.fixture(params=NAMES)
def example(request: pytest.FixtureRequest, examples: list[Example]) -> Example:
    return next(each for each in examples if each.name == request.param)


def new_token(replica: Replica, scope: str = "connectors:view") -> dict[str, Any]:
    return replica.administrator.create(scopes=[scope])


def until_all(examples: list[Example], authorization: str, status: int) -> dict[str, float]:
    """Seconds after which each example answered with *status*."""
    began = time.monotonic()
    seconds: dict[str, float] = {}
    while len(seconds) < len(examples) and time.monotonic() - began < STRICT.bound:
        for each in examples:
            if each.name not in seconds and each.call(authorization).status == status:
                seconds[each.name] = round(time.monotonic() - began, 1)
        time.sleep(0.1)
    return seconds


def test_a_good_token_is_accepted(example: Example, replica: Replica) -> None:
    """Six lines in front of an API, and the handler knows who calls and what they may."""
    reply = example.call(f"Bearer {new_token(replica)['token']}")

    assert reply.status == 200, reply.body
    assert reply.json == {"caller": replica.administrator.id, "scope": ["connectors:view"]}


def test_the_method_decides_about_the_scope(example: Example, replica: Replica) -> None:
    """GET reads, DELETE needs the whole scope; what covers what was discovered from the issuer."""
    view, whole = (new_token(replica, scope)["token"] for scope in ("connectors:view", "connectors"))

    refused = example.call(f"Bearer {view}", "DELETE")

    assert (refused.status, refused.code) == (403, "insufficient_scope")
    assert 'scope="connectors"' in refused.headers["WWW-Authenticate"]
    assert [example.call(f"Bearer {whole}", method).status for method in ("GET", "DELETE")] == [200, 200]


@pytest.mark.parametrize(
    ("authorization", "code", "challenge"),
    [
        (None, "token_missing", 'Bearer realm="safeconduct"'),
        ("Basic YTpi", "token_missing", 'Bearer realm="safeconduct"'),
        ("TOKEN", "token_missing_bearer_prefix", 'error="invalid_token"'),
        ("Bearer Bearer TOKEN", "token_double_bearer", 'error="invalid_token"'),
        ("Bearer HALF", "token_malformed", "looks cut off"),
        ("Bearer x", "token_malformed", 'error="invalid_token"'),
    ],
)
def test_a_refusal_says_what_to_do(
    example: Example, replica: Replica, authorization, code, challenge
) -> None:
    """RFC 6750's challenge, and a body with code, sentence and help page; nothing of the token."""
    token = new_token(replica)["token"]
    if authorization:
        authorization = authorization.replace("TOKEN", token).replace("HALF", token[:214])

    reply = example.call(authorization)

    if (example.name, code) == ("drf", "token_missing"):
        assert challenge == reply.headers["WWW-Authenticate"]
        assert reply.status == 401
        return
    assert (reply.status, reply.code) == (401, code)
    assert challenge in reply.headers["WWW-Authenticate"]
    assert token[:100].encode() not in reply.body


def test_a_refusal_says_what_is_wrong_with_the_token(examples: list[Example], replica: Replica) -> None:
    """Expired, for another API, without the scope: each in the client's words, with its code and help page."""
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    body = {"note": "brief", "expires_at": soon, "scopes": ["connectors"]}
    brief = replica.administrator.call("POST", TOKENS, json_body=body).json["token"]
    foreign = replica.administrator.create(scopes=["connectors"], audience=REPORTS)["token"]
    narrow = new_token(replica, "embed")["token"]
    assert wait_until(lambda: time.time() > claims(brief)["exp"], within=10)

    for example in examples:
        refused = {
            code: example.call(f"Bearer {token}")
            for code, token in {
                "token_expired": brief,
                "token_wrong_api": foreign,
                "insufficient_scope": narrow,
            }.items()
        }
        assert {code: reply.code for code, reply in refused.items()} == {code: code for code in refused}
        assert [reply.status for reply in refused.values()] == [401, 401, 403], example.name
        assert f"{replica.deployment.issuer}/help/token_expired" in refused["token_expired"].body.decode()


def test_without_an_issuer_nothing_is_guessed(replica: Replica, leash: Leash) -> None:
    """An API that has never reached its issuer answers 503 with the code, and no challenge: another token would not
    help.
    """
    token = new_token(replica)["token"]
    nowhere = f"http://localhost:{free_port()}"
    with ExitStack() as running:
        lonely = [
            running.enter_context(running_example(name, replica, leash, ISSUER=nowhere)) for name in NAMES
        ]
        replies = {each.name: each.call(f"Bearer {token}") for each in lonely}

    assert {name: (reply.status, reply.code) for name, reply in replies.items()} == dict.fromkeys(
        NAMES, (503, "verifier_unavailable")
    )
    assert [reply.headers.get("WWW-Authenticate") for reply in replies.values()] == [None] * len(NAMES)


def test_a_revoked_token_is_refused_within_the_stated_bound(
    examples: list[Example], replica: Replica, measured: dict[str, dict[str, float]]
) -> None:
    """By signed lists, strict profile: healthy within 22 s, and never beyond the profile's bound."""
    made = new_token(replica)
    authorization = f"Bearer {made['token']}"
    assert [each.call(authorization).status for each in examples] == [200] * len(NAMES)

    replica.administrator.call("DELETE", f"/v1/personal-access-tokens/{made['id']}")
    seconds = until_all(examples, authorization, 401)

    assert set(seconds) == set(NAMES)
    assert {each.call(authorization).code for each in examples} == {"token_revoked"}
    measured["s from a revocation to its refusal"] = seconds


def test_a_compromised_key_is_refused_and_its_successor_accepted_at_once(
    examples: list[Example], replica: Replica, measured: dict[str, dict[str, float]]
) -> None:
    """The list speaks of a newer key set, the set is fetched, and the key is gone (R29, R44)."""
    root = replica.administrator
    authorization = f"Bearer {new_token(replica)['token']}"
    assert [each.call(authorization).status for each in examples] == [200] * len(NAMES)
    keys = root.call("GET", "/v1/admin/keys").json
    [kid] = [key["kid"] for key in keys if (key["purpose"], key["state"]) == ("access_token", "active")]

    root.call("POST", f"/v1/admin/keys/{kid}/compromise", json_body={"reason": "drill"})
    successor = f"Bearer {new_token(replica)['token']}"
    accepted = until_all(examples, successor, 200)
    seconds = until_all(examples, authorization, 401)

    assert set(accepted) == set(seconds) == set(NAMES)
    measured["s until the successor of a compromised key is accepted"] = accepted
    measured["s from a compromise to the refusal of the key"] = seconds


def test_without_the_issuer_the_examples_go_on(examples: list[Example], replica: Replica) -> None:
    """Killed: a token keeps working, since the list that is held may be used until its bound."""
    authorization = f"Bearer {new_token(replica)['token']}"
    assert [each.call(authorization).status for each in examples] == [200] * len(NAMES)

    replica.kill9()
    statuses = [each.call(authorization).status for each in examples]
    replica.start()

    assert statuses == [200] * len(NAMES)
