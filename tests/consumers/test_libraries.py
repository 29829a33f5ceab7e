"""APIs that nobody here wrote the verifying for: jose, PyJWT, Authlib, each as its example stands."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keys import Purpose
from tests.api.oauth_fixtures import DAY, REPORTS, Answer, Authority, running_authority
from tests.clock import RunningClock
from tests.consumers.resource_server import ResourceServer, running
from tests.servers.leash import Leash
from tests.servers.process import free_port

TTL = 2  # seconds
SCOPES = ("connectors:view",)
LIBRARIES = {"jose": TTL + 12, "pyjwt": TTL + 12, "authlib": 2}
"""Within how many seconds each must have noticed a revocation (promises R29); introspection in the time of a call."""


CODES = ["invalid_token", "invalid_token", "insufficient_scope", "invalid_token"]
"""Expired, for another API, without the scope, damaged: RFC 6750's words, which is all that these libraries know."""


def code_of(answer: Answer) -> str:
    whole = answer.body[answer.body.index(b"{") : answer.body.rindex(b"}") + 1]  # Node.js sends it as a chunk
    document = json.loads(whole)
    return document.get("code") or document["error"]


@pytest.fixture
async def authority(tmp_path: Path) -> AsyncIterator[Authority]:
    """An issuer that has been there for two days, so that its next keys may sign."""
    port, clock = free_port(), RunningClock(-2 * DAY)
    settings = {
        "issuer": f"http://localhost:{port}",
        "port": port,
        "status_list_ttl": TTL,
        "status_list_tick": 1,
    }
    async with running_authority(tmp_path, clock, **settings) as authority:
        await authority.opened.housekeeping.rotate()
        clock.advance(2 * DAY)
        yield authority


@pytest.fixture(params=LIBRARIES)
async def consumer(
    request: pytest.FixtureRequest, authority: Authority, leash: Leash, node: Path, node_modules: Path
) -> AsyncIterator[ResourceServer]:
    environment = {
        "ISSUER": authority.issuer,
        "AUDIENCE": f"{authority.issuer}/api",
        "CLIENT_ID": authority.client.id,
        "CLIENT_SECRET": authority.secret,
    }
    name = request.param
    async with running(
        name, leash, node=node, node_modules=node_modules, environment=environment
    ) as consumer:
        yield consumer


async def test_it_takes_good_tokens_and_says_why_it_takes_no_other(
    authority: Authority, consumer: ResourceServer, seen: dict[str, dict[str, str]]
) -> None:
    """Standards section 3.3: expired, foreign audience and damaged are 401, a missing scope is 403."""
    authority.clock.advance(-2 * DAY)
    expired = await authority.token(scopes=SCOPES, days=1)
    authority.clock.advance(2 * DAY)
    good = await authority.token(scopes=SCOPES)
    wider = await authority.token(scopes=("connectors",))
    foreign = await authority.token(scopes=SCOPES, audiences=(REPORTS,))
    narrow = await authority.token(scopes=("dashboard",))
    damaged = good.jwt.reveal()[:-6] + "AAAAAA"

    accepted = [await consumer.status(token.jwt.reveal()) for token in (good, wider)]
    refused = [
        await consumer.call(token)
        for token in (*(t.jwt.reveal() for t in (expired, foreign, narrow)), damaged)
    ]

    assert accepted == [200, 200], consumer.lines
    assert [answer.status for answer in refused] == [401, 401, 403, 401]
    assert all(
        "Bearer" in (answer.header("WWW-Authenticate") or "") for answer in refused if answer.status == 401
    )
    assert [code_of(answer) for answer in refused] == CODES
    assert [line.split(":")[0] for line in consumer.lines] == ["accepted"] * 2 + ["refused"] * 4
    seen[consumer.name] |= {"accepts good": "yes", "refuses bad": "401, 403"}


async def test_a_rotation_of_keys_goes_by_unnoticed(
    authority: Authority, consumer: ResourceServer, seen: dict[str, dict[str, str]]
) -> None:
    """K7, K19: the new key was published before it signed, the old one stays; nobody restarts anything."""
    before = await authority.token(scopes=SCOPES)
    assert await consumer.status(before.jwt.reveal()) == 200
    changed = await authority.services.rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="test")
    after = await authority.token(scopes=SCOPES)

    assert changed
    assert [await consumer.status(token.jwt.reveal()) for token in (before, after)] == [200, 200]
    seen[consumer.name]["notices rotation"] = "no restart"


async def test_a_revoked_token_is_refused_in_time(
    authority: Authority, consumer: ResourceServer, seen: dict[str, dict[str, str]]
) -> None:
    """R29: within the list's ttl and the cache's 12 s; by introspection at once. Another token is not touched."""
    revoked, other = [await authority.token(scopes=SCOPES) for _ in range(2)]
    assert await consumer.status(revoked.jwt.reveal()) == 200
    await authority.services.revoke(
        revoked.token.id, owner_id=revoked.token.owner_id, reason="lost", actor="test"
    )
    began = time.monotonic()
    async with asyncio.timeout(LIBRARIES[consumer.name]):
        while await consumer.status(revoked.jwt.reveal()) != 401:
            pass
    assert code_of(await consumer.call(revoked.jwt.reveal())) == "invalid_token"
    seconds = time.monotonic() - began

    assert await consumer.status(other.jwt.reveal()) == 200
    seen[consumer.name]["notices revocation"] = f"after {seconds:.1f} s"


async def test_without_its_issuer_it_says_so_and_guesses_nothing(
    authority: Authority, leash: Leash, node: Path, node_modules: Path
) -> None:
    """An API that has never reached the issuer answers 503, not 401 and not 200."""
    token = (await authority.token(scopes=SCOPES)).jwt.reveal()
    nowhere = f"http://localhost:{free_port()}"
    environment = {"ISSUER": nowhere, "CLIENT_ID": "x", "CLIENT_SECRET": "x"}
    for name in LIBRARIES:
        async with running(
            name, leash, node=node, node_modules=node_modules, environment=environment
        ) as consumer:
            answer = await consumer.call(token)
            assert (answer.status, code_of(answer)) == (503, "verifier_unavailable")
            assert consumer.lines[-1].startswith("refused: verifier_unavailable")
