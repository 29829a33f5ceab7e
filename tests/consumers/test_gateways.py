"""Gateways run for real before an API: T10 of the threats, and every recipe's stated bound."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from service.domain.identifiers import to_wire
from service.web.gateway import TOLD
from tests.api.oauth_fixtures import DAY, REPORTS, Authority, running_authority
from tests.clock import RunningClock
from tests.consumers.gateways import RECIPES, Gateway, running_gateway
from tests.servers.leash import Leash
from tests.servers.process import free_port

SCOPES = ("connectors:view",)
BOUNDS = {"nginx": 6, "caddy": 0}
"""Seconds for which each believes an answer, as its recipe says."""
UNKNOWN = {(503, "verifier_unavailable"), (503, "storage_unavailable")}
"""From the gateway itself, or as the service says it."""
TIME_OF_A_CALL = 2  # seconds, on a busy machine


@pytest.fixture
async def authority(tmp_path: Path) -> AsyncIterator[Authority]:
    port = free_port()
    clock = RunningClock()
    async with running_authority(tmp_path, clock, issuer=f"http://localhost:{port}", port=port) as authority:
        yield authority


@pytest.fixture(params=BOUNDS)
async def gateway(
    request: pytest.FixtureRequest, authority: Authority, leash: Leash
) -> AsyncIterator[Gateway]:
    async with running_gateway(request.param, authority, leash) as gateway:
        yield gateway


async def test_it_lets_good_tokens_through_and_says_why_not(
    authority: Authority, gateway: Gateway, seen: dict[str, dict[str, str]]
) -> None:
    """Wrong audience, expired, missing scope, nothing at all: refused before the API sees anything, with a reason."""
    authority.clock.advance(-2 * DAY)
    expired = await authority.token(scopes=SCOPES, days=1)
    authority.clock.advance(2 * DAY)
    good = await authority.token(scopes=SCOPES)
    foreign = await authority.token(scopes=SCOPES, audiences=(REPORTS,))
    narrow = await authority.token(scopes=("dashboard",))

    assert await gateway.subject(good.jwt.reveal()) == to_wire(good.token.owner_id)
    refused = {
        "token_expired": await gateway.call(expired.jwt.reveal()),
        "token_wrong_api": await gateway.call(foreign.jwt.reveal()),
        "insufficient_scope": await gateway.call(narrow.jwt.reveal()),
        "not_signed_in": await gateway.call(None),
    }
    assert {code: json.loads(answer.body)["code"] for code, answer in refused.items()} == {
        c: c for c in refused
    }
    assert [answer.status for answer in refused.values()] == [401, 401, 403, 401]
    assert all("Bearer" in (answer.header("WWW-Authenticate") or "") for answer in refused.values())
    seen[gateway.name] |= {"accepts good": "yes", "refuses bad": "401, 403", "notices rotation": "asks"}


async def test_two_people_behind_one_gateway_stay_two(authority: Authority, gateway: Gateway) -> None:
    """T10: whatever is cached and whoever asks at once, nobody is taken for somebody else."""
    tokens = [(await authority.token(scopes=SCOPES)).jwt.reveal() for _ in range(2)]
    names = [await gateway.subject(token) for token in tokens]
    asked = [tokens[n % 2] for n in range(40)]

    answers = await asyncio.gather(*(gateway.subject(token) for token in asked))

    assert len(set(names)) == 2
    assert answers == [names[n % 2] for n in range(40)]


async def test_nothing_that_a_client_says_of_itself_reaches_the_api(
    authority: Authority, gateway: Gateway
) -> None:
    """T10, S56: our headers, in their spelling and in WSGI's, are ours; the token itself stays outside."""
    token = (await authority.token(scopes=SCOPES)).jwt.reveal()
    spoofed = [
        f"{spelled}: root" for name in TOLD for spelled in (name, name.replace("-", "_"), name.lower())
    ]

    answer = await gateway.call(token, *spoofed, "X-Gateway-Authorization: Basic eDp5")

    got = json.loads(answer.body)
    assert answer.status == 200
    assert "root" not in got.values()
    assert not [name for name in got if "_" in name or name == "Authorization"]


async def test_a_revoked_token_is_refused_within_the_recipes_bound(
    authority: Authority, gateway: Gateway, seen: dict[str, dict[str, str]]
) -> None:
    """T10, R29: it was used a moment ago, so the gateway may believe it for as long as its recipe says."""
    issued = await authority.token(scopes=SCOPES)
    token = issued.jwt.reveal()
    assert await gateway.status(token) == 200
    await authority.services.revoke(
        issued.token.id, owner_id=issued.token.owner_id, reason="lost", actor="test"
    )
    began = time.monotonic()
    async with asyncio.timeout(BOUNDS[gateway.name] + TIME_OF_A_CALL):
        while await gateway.status(token) != 401:
            pass
    assert json.loads((await gateway.call(token)).body)["code"] == "token_revoked"
    seen[gateway.name]["notices revocation"] = f"after {time.monotonic() - began:.1f} s"


async def test_without_the_issuer_nobody_gets_in(authority: Authority, leash: Leash) -> None:
    """R21: a gateway that cannot ask lets nobody through, says so, and does not call a good token bad."""
    token = (await authority.token(scopes=SCOPES)).jwt.reveal()
    nowhere = replace(authority, port=free_port())
    for name in BOUNDS:
        for asked in (authority, nowhere):
            async with running_gateway(name, asked, leash) as gateway:
                await authority.opened.storage.close()
                answer = await gateway.call(token)
                assert (answer.status, json.loads(answer.body)["code"]) in UNKNOWN, (name, answer)


@pytest.mark.parametrize("name", ["traefik.yaml", "envoy.yaml"])
def test_recipes_that_are_not_run_here_are_whole(name: str) -> None:
    """They ask the route that there is, with audience and scope, and drop what clients say of themselves."""
    text = (RECIPES / name).read_text()
    assert yaml.safe_load(text)
    assert "/v1/forward-auth?aud=http://localhost:8080/api&scope=connectors:view" in text
    assert all(header.lower() in text.lower() for header in TOLD)
