"""Reports of use: true for offline verification as well, and never at the price of a request."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from safeconduct import sync
from safeconduct.adapters.wsgi import SafeconductMiddleware
from safeconduct.usage import UsageReports

from tests.lab.replica import Replica, running_replica
from tests.sdk.issuer import AUDIENCE, Answer, TestIssuer
from tests.servers.leash import Leash, wait_until

USAGE = "/v1/usage"
NEVER = 3600.0  # seconds between reports, for tests that flush themselves


def protected(url: str, audience: str, usage: UsageReports, **options: Any) -> SafeconductMiddleware:
    """An application that answers everything, behind the verifier."""
    verifier = sync.Verifier(url, audience, usage=usage, **options)
    return SafeconductMiddleware(lambda _, start: start("200 OK", []) or [], verifier, scope="connectors")


def request(app: SafeconductMiddleware, token: str, address: str = "192.0.2.1") -> str:
    """The status of one request."""
    statuses = []
    environ = {
        "REQUEST_METHOD": "GET",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "REMOTE_ADDR": address,
        "HTTP_USER_AGENT": "Automate/1.0",
    }
    app(environ, lambda line, _: statuses.append(line[:3]))
    return statuses[0]


@pytest.fixture
def usage(issuer: TestIssuer) -> UsageReports:
    issuer.answers[USAGE] = Answer(b"{}", status=202)
    return UsageReports("c", "s", every=NEVER, wall=issuer.time.clock.wall)


@pytest.fixture
def app(issuer: TestIssuer, usage: UsageReports) -> Iterator[SafeconductMiddleware]:
    app = protected(issuer.url, AUDIENCE, usage, clock=issuer.time.clock)
    yield app
    app._verifier.close()


def reported(issuer: TestIssuer) -> list[dict[str, Any]]:
    return [use for body in issuer.bodies for use in json.loads(body)["uses"]]


def test_uses_that_are_alike_are_told_once(issuer: TestIssuer, usage: UsageReports, app) -> None:
    """Token, minute, address, program, audience, the scopes that were demanded: one item whatever the number."""
    token = issuer.token()
    assert [request(app, token) for _ in range(50)] == ["200"] * 50
    request(app, token, "192.0.2.2")
    usage.flush()

    first, second = sorted(reported(issuer), key=lambda use: use["ip"])
    assert first == {
        "jti": "0b9d7a1e-2f64-4d0b-9a37-6f0f0a9f5b21",
        "minute": "2027-01-15T08:00:00Z",
        "audience": AUDIENCE,
        "ip": "192.0.2.1",
        "user_agent": "Automate/1.0",
        "scopes": ["connectors"],
    }
    assert second["ip"] == "192.0.2.2"


def test_a_refused_token_is_told_with_its_reason(issuer: TestIssuer, usage: UsageReports, app) -> None:
    """By the words of the service; of forged and broken strings nothing is told, whatever they claim."""
    issuer.set_status(1001, 1)
    issuer.set_status(1002, 2)
    now = int(issuer.time.wall)
    refused = {
        "revoked": issuer.token(idx=1001, jti="revoked"),
        "paused": issuer.token(idx=1002, jti="paused"),
        "expired": issuer.token(exp=now, jti="expired"),
        "not_yet_valid": issuer.token(nbf=now + 60, jti="not_yet_valid"),
        "wrong_audience": issuer.token(aud="https://other.example", jti="wrong_audience"),
        "missing_scope": issuer.token(scope="mail", jti="missing_scope"),
        "address": issuer.token(allowed_ips=["10.0.0.0/8"], jti="address"),
    }
    forged = [
        issuer.token()[:-6] + "AAAAAA",
        issuer.token(key="ES256", header={"kid": "x"}),
        "hello",
        "a.b.c",
    ]

    assert {request(app, token) for token in (*refused.values(), *forged)} == {"401", "403"}
    usage.flush()

    assert {use["jti"]: use["refused"] for use in reported(issuer)} == {name: name for name in refused}


def test_what_finds_no_room_is_lost_and_counted(issuer: TestIssuer) -> None:
    """A thousand waiting uses are all there are, however many come; requests go on."""
    usage = UsageReports("c", "s", every=NEVER, most=1_000, wall=issuer.time.clock.wall)
    app, token = protected(issuer.url, AUDIENCE, usage, clock=issuer.time.clock), issuer.token()

    assert {request(app, token, f"10.0.{n // 256}.{n % 256}") for n in range(1_500)} == {"200"}
    assert (len(usage._waiting), usage.lost) == (1_000, 500)


def test_an_issuer_that_is_slow_or_away_slows_no_request(issuer: TestIssuer) -> None:
    """Reports are sent by a thread of their own, and kept for a while when nobody takes them."""
    issuer.answers[USAGE] = Answer(b"{}", status=202, delay=3.0)
    usage = UsageReports("c", "s", every=0.05, wall=issuer.time.clock.wall)
    app, token = protected(issuer.url, AUDIENCE, usage, clock=issuer.time.clock), issuer.token()
    request(app, token)
    assert wait_until(lambda: issuer.visits[USAGE] > 0, within=20)

    began = time.monotonic()
    for n in range(200):
        request(app, token, f"192.0.2.{n}")

    assert time.monotonic() - began < 2.5
    issuer.answers[USAGE] = Answer(b"{}", status=503)
    usage.close()
    assert len(usage._waiting) >= 199
    assert usage.lost == 0


@pytest.mark.parametrize(("status", "waiting"), [(202, 0), (401, 0), (422, 0), (429, 1), (503, 1)])
def test_only_what_may_succeed_later_is_sent_again(
    issuer: TestIssuer, usage: UsageReports, app, status, waiting
) -> None:
    """Busy is asked again; a wrong credential or report is dropped."""
    issuer.answers[USAGE] = Answer(b"{}", status=status)
    request(app, issuer.token())
    usage.flush()

    assert len(usage._waiting) == waiting


@pytest.fixture(scope="module")
def replica(leash: Leash) -> Iterator[Replica]:
    with running_replica(leash) as replica:
        yield replica


def test_the_owner_sees_what_an_offline_verifier_saw(replica: Replica) -> None:
    """`last_used` and the refused uses of a live service, reported by the client that verified offline."""
    root, issuer = replica.administrator, replica.deployment.issuer
    client = root.call(
        "POST", "/v1/admin/clients", json_body={"name": "api", "permissions": ["introspect"]}
    ).json
    usage = UsageReports(client["id"], client["secret"], every=NEVER)
    app, made = protected(issuer, f"{issuer}/api", usage), root.create(scopes=["connectors"])
    path = f"/v1/personal-access-tokens/{made['id']}"

    assert request(app, made["token"]) == "200"
    lacking = root.create(scopes=["company"])
    assert request(app, lacking["token"]) == "403"
    app._verifier.close()

    assert wait_until(lambda: root.call("GET", path).json["last_used"] is not None, within=30)
    refusals = f"/v1/personal-access-tokens/{lacking['id']}/refusals"
    assert wait_until(lambda: root.call("GET", refusals).json, within=30)
    assert [each["reason"] for each in root.call("GET", refusals).json] == ["missing_scope"]
    assert usage.lost == 0
