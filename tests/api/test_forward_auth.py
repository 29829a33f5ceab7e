import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from safeconduct.errors import (
    AddressNotAllowed,
    InsufficientScope,
    InvalidToken,
    TokenExpired,
    TokenRevoked,
    WrongAudience,
)

from service.api.routes import GATEWAY_ROUTES
from service.domain.errors import NotSignedIn
from service.web.app import create_app
from service.web.gateway import GATEWAY_CREDENTIALS, TOLD, WHY_NOT
from service.web.server import Server
from tests.api.machine_clients import a_job
from tests.api.oauth_fixtures import DAY, REPORTS, Answer, Authority, basic, exchange, http
from tests.servers.process import free_port

NOBODY = ("", "", "", "")


def told(answer: Answer) -> tuple[str | None, ...]:
    return tuple(answer.header(name) for name in TOLD)


async def ask(
    authority: Authority,
    token: str | None,
    query: str = "",
    *headers: str,
    method: str = "GET",
    gateway: str | None = None,
) -> Answer:
    """What our gateway hears about a request that carries this token."""
    proof = basic(authority.client.id, authority.secret) if gateway is None else gateway
    lines = [proof.replace("Authorization", GATEWAY_CREDENTIALS, 1)] if proof else []
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return await authority.send(method, f"/v1/forward-auth{query}", *lines, *headers)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_gateway_hears_who_calls(authority: Authority, method: str) -> None:
    """Design section 4: subject, record, value and scopes, for the method of any request that waits."""
    issued = await authority.token(scopes=("connectors:view", "company"))
    jti = (await authority.services.recognise(issued.jwt.reveal())).reading.claims.jti

    answer = await ask(authority, issued.jwt.reveal(), "?scope=connectors:view", method=method)

    assert (answer.status, answer.body, answer.header("Cache-Control")) == (200, b"", "no-store")
    subject, record, value, scopes = told(answer)
    assert (value, scopes) == (jti, "connectors:view company")
    assert (subject.replace("-", ""), record.replace("-", "")) == (issued.token.owner_id, issued.token.id)


async def test_it_says_why_not_to_whoever_holds_the_token(authority: Authority) -> None:
    """Pages section 5: each reason has its code; no header of ours lets a client's own through (threats 13)."""
    owner = await authority.user("ann")
    revoked = await authority.token(owner)
    await authority.services.revoke(revoked.token.id, owner_id=owner.id, reason="lost", actor="test")
    foreign = await authority.token(owner, audiences=(REPORTS,))
    bound = await authority.token(owner, allowed_ips=("192.0.2.0/24",))
    expired = await authority.token(owner, days=1)
    authority.clock.advance(2 * DAY)
    narrow = await authority.token(owner, scopes=("dashboard:view",))

    asked = {
        TokenRevoked.code: ask(authority, revoked.jwt.reveal()),
        WrongAudience.code: ask(authority, foreign.jwt.reveal()),
        TokenExpired.code: ask(authority, expired.jwt.reveal()),
        AddressNotAllowed.code: ask(authority, bound.jwt.reveal(), "", "X-Forwarded-For: 192.0.2.7"),
        InsufficientScope.code: ask(authority, narrow.jwt.reveal(), "?scope=dashboard:view%20company"),
        InvalidToken.code: ask(authority, narrow.jwt.reveal()[:-4] + "AAAA"),
        NotSignedIn.code: ask(authority, None),
    }
    for code, asking in asked.items():
        answer = await asking
        assert f'"code":"{code}"'.encode() in answer.body, answer
        assert answer.status == (403 if code == InsufficientScope.code else 401)
        assert (answer.header("WWW-Authenticate") or "").startswith("Bearer")
        assert (told(answer), answer.header(WHY_NOT)) == (NOBODY, code)


async def test_a_revocation_counts_at_once(authority: Authority) -> None:
    """R1: no request after the acknowledgement gets past the gateway."""
    owner = await authority.user("ann")
    for _ in range(20):
        issued = await authority.token(owner)
        early = [asyncio.create_task(ask(authority, issued.jwt.reveal())) for _ in range(4)]
        await authority.services.revoke(issued.token.id, owner_id=owner.id, reason="lost", actor="test")
        assert (await ask(authority, issued.jwt.reveal())).status == 401
        assert {answer.status for answer in await asyncio.gather(*early)} <= {200, 401}


async def test_a_gateway_that_proves_nothing_is_an_oracle_for_nobody(authority: Authority) -> None:
    """Threats 13: good tokens and stolen ones alike answer 400 to whoever is not the gateway."""
    token = (await authority.token()).jwt.reveal()
    weak, secret = await authority.new_client("revoke")
    wrong = [
        "",
        basic(authority.client.id, "wrong"),
        basic(weak.id, secret),
        basic(authority.client.id, authority.secret, "Bearer"),
    ]
    answers = [await ask(authority, text, gateway=gateway) for gateway in wrong for text in (token, "x.y.z")]

    assert {answer.status for answer in answers} == {400}
    assert all(b"gateway_not_authenticated" in answer.body for answer in answers)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"?aud={REPORTS}", 422),
        ("?aud=https://nobody.example", 422),
        ("?scope=company&scope=embed", 400),
        ("?aud=a&aud=b", 400),
        ("?scope=company&path=/x&scope=", 400),
        ("?scope=&path=/x", 200),
    ],
)
async def test_demands_are_the_gateways_and_once(authority: Authority, query: str, status: int) -> None:
    """A parameter that a client smuggles in behind the gateway's own is refused; audiences are the client's."""
    token = (await authority.token()).jwt.reveal()

    assert (await ask(authority, token, query)).status == status


async def test_a_gateway_of_several_apis_says_which(authority: Authority) -> None:
    """Threats 13: without `aud` nobody takes a token of one API for another."""
    both = (f"{authority.issuer}/api", REPORTS)
    client, secret = await authority.new_client("introspect", audiences=both)
    token = (await authority.token()).jwt.reveal()
    gateway = basic(client.id, secret)

    statuses = [
        (await ask(authority, token, query, gateway=gateway)).status
        for query in ("", f"?aud={both[0]}", f"?aud={both[1]}")
    ]
    assert statuses == [400, 200, 401]


@pytest.mark.parametrize("name", TOLD)
async def test_what_a_client_claims_of_itself_is_not_repeated(authority: Authority, name: str) -> None:
    """Threats 13: our headers are ours, whatever the request carries."""
    token = (await authority.token()).jwt.reveal()
    spoofed = [f"{name}: root", f"{name.replace('-', '_')}: root"]

    yes, no = await ask(authority, token, "", *spoofed), await ask(authority, "x.y.z", "", *spoofed)

    assert b"root" not in yes.body + no.body
    assert "root" not in {*told(yes), *told(no)}


async def test_its_own_listener_asks_for_no_credentials_and_serves_nothing_else(authority: Authority) -> None:
    """Threats 13: whoever reaches `SAFECONDUCT_GATEWAY_BIND` is the gateway; nothing else is to be had there."""
    token = (await authority.token()).jwt.reveal()
    settings = replace(authority.services.settings, port=free_port())
    server = Server(create_app(replace(authority.services, settings=settings), GATEWAY_ROUTES))
    await server.start()

    async def get(path: str, **headers: str) -> Mapping[str, int]:
        lines = [f"{name}: {value}" for name, value in headers.items()]
        return (await exchange(settings.port, http("GET", path, *lines))).status

    try:
        aud, bearer = f"?aud={authority.issuer}/api", f"Bearer {token}"
        assert await get(f"/v1/forward-auth{aud}", Authorization=bearer) == 200
        assert await get("/v1/forward-auth", Authorization=bearer) == 400
        assert await get("/v1/personal-access-tokens", Authorization=bearer) == 404
        assert await get("/livez") == 200
    finally:
        await server.stop(drain=0)


async def test_a_machines_access_token_passes_while_it_is_honoured(authority: Authority) -> None:
    """Threats 13, 24: it has no record, so that header is empty; scope, audience and its end are judged alike."""
    job = await a_job(authority)
    token = await job.token(scope="company")

    admitted = await ask(authority, token, "?scope=company:view")
    too_far = await ask(authority, token, "?scope=embed")
    await authority.post("/oauth2/revoke", {"token": token})
    ended = await ask(authority, token)

    assert (admitted.status, told(admitted)[1], told(admitted)[3]) == (200, "", "company")
    assert (too_far.status, ended.status) == (403, 401)
