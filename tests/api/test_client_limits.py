"""Clients that try tokens out, and callers without a name: how often, and what they are told."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from service.application import address_rates, client_limits
from service.domain.user import Grant, Role
from tests.api.api_fixtures import PASSWORD, Api, beside
from tests.api.oauth_fixtures import Answer, Authority, basic
from tests.clock import TurnableClock

INACTIVE = b'{"active":false}'
REFUSED = b'{"error":"temporarily_unavailable"}'


async def scan(authority: Authority, count: int, *, begin: int = 0) -> Counter[tuple[int, bytes]]:
    """Introspect so many strings that are no tokens."""
    answers = [await authority.introspect(f"guess-{number}") for number in range(begin, begin + count)]
    return Counter((answer.status, answer.body) for answer in answers)


async def events(authority: Authority) -> list[str]:
    async with authority.opened.storage.reading() as read:
        return [row["action"] for row in await read.audit.about(f"client:{authority.client.id}")]


async def test_a_client_that_tries_tokens_out_is_refused_for_a_minute(authority: Authority) -> None:
    """Fifty-one inactive answers within a minute: then 429, and after the minute answers again."""
    outcomes = [await scan(authority, 51), await scan(authority, 3)]
    authority.clock.advance(59)
    outcomes.append(await scan(authority, 1))
    authority.clock.advance(1)
    outcomes.append(await scan(authority, 1))

    refused, told = (429, REFUSED), (200, INACTIVE)
    assert outcomes == [{told: 51}, {refused: 3}, {refused: 1}, {told: 1}]


async def test_a_scan_is_audited_once(authority: Authority) -> None:
    """What the security officer reads: which client, and when; a refused minute is one event."""
    await scan(authority, 80)

    assert (await events(authority)).count("client.scanning") == 1
    assert b"safeconduct_scans_total 1.0" in (await authority.send("GET", "/metrics")).body


async def test_tokens_in_use_are_answered_all_the_same(authority: Authority) -> None:
    """Whoever sends rubbish to an API stops nobody who uses it; a revocation still shows at once."""
    used, revoked, new = [await authority.token() for _ in range(3)]
    for issued in (used, revoked):
        await authority.introspect(issued.jwt.reveal())
    await scan(authority, 60)
    owner = {"owner_id": revoked.token.owner_id, "actor": "test", "reason": "lost"}
    await authority.services.revoke(revoked.token.id, **owner)

    answers = [await authority.introspect(issued.jwt.reveal()) for issued in (used, revoked, new)]

    assert b'"active":true' in answers[0].body
    assert answers[1].body == INACTIVE
    assert (answers[2].status, answers[2].body) == (429, REFUSED)


async def test_another_client_is_not_concerned(authority: Authority) -> None:
    """Each has counters of its own."""
    other, secret = await authority.new_client("introspect")
    await scan(authority, 60)

    answer = await authority.post("/oauth2/introspect", {"token": "x"}, basic(other.id, secret))

    assert answer.body == INACTIVE


async def test_a_busy_client_with_dead_tokens_is_answered(authority: Authority) -> None:
    """Sixty dead ones among seventy are no scan."""
    token = (await authority.token()).jwt.reveal()
    await authority.introspect("first")
    for _ in range(10):
        await authority.introspect(token)

    assert await scan(authority, 60) == {(200, INACTIVE): 60}


async def test_inactive_answers_have_a_ceiling_a_second_and_active_ones_none(api: Api) -> None:
    """The ceiling counts inactive answers alone, and says when the next second is (design §8.9)."""
    authority = api.authority
    token = (await authority.token()).jwt.reveal()
    limits = client_limits.ClientLimits(
        authority.opened.storage,
        client_limits.ScanRules(inactive_per_second=3, inactive=1_000),
        is_known=lambda _token: False,
        clock=authority.clock,
    )
    async with beside(api, client_limits=limits) as narrow:
        ask = narrow.authority.introspect
        dead = [await ask("nothing") for _ in range(5)]
        live = [await ask(token) for _ in range(5)]
        authority.clock.advance(1)
        next_second = await ask("nothing")

    assert [answer.status for answer in dead] == [200, 200, 200, 429, 429]
    assert {answer.status for answer in live} == {200}
    assert next_second.body == INACTIVE
    assert dead[4].header("ratelimit-policy") == '"inactive-answers";q=3;w=1'


async def test_a_refusal_says_which_ceiling_and_until_when(authority: Authority) -> None:
    """The fields of the draft, the same wait in both of them, and nothing about anybody else."""
    await scan(authority, 51)
    authority.clock.advance(20)

    refused = await authority.introspect("one more")

    wait = int(refused.header("retry-after"))
    assert 40 <= wait <= 51
    assert refused.header("ratelimit-policy") == '"inactive-answers";q=50;w=60'
    assert refused.header("ratelimit") == f'"inactive-answers";r=0;t={wait}'


async def revoke(authority: Authority, *headers: str) -> Answer:
    return await authority.post("/oauth2/revoke", {"token": "nothing"}, *headers)


async def test_revocations_without_a_client_are_twenty_a_minute(authority: Authority) -> None:
    """Whoever finds a token ends it; whoever tries thousands does so slowly. Clients are not concerned."""
    anonymous = [(await revoke(authority)).status for _ in range(22)]
    by_client = (await revoke(authority, basic(authority.client.id, authority.secret))).status
    authority.clock.advance(60)

    assert anonymous == [200] * 20 + [429] * 2
    assert by_client == 200
    assert (await revoke(authority)).status == 200


async def test_an_anonymous_refusal_names_its_ceiling(authority: Authority) -> None:
    """OAuth's form of error, and when to come again."""
    for _ in range(20):
        await revoke(authority)

    refused = await revoke(authority)

    assert refused.body == REFUSED
    assert refused.header("ratelimit-policy") == '"anonymous-revocations";q=20;w=60'
    assert 60 <= int(refused.header("retry-after")) <= 76


async def test_one_time_links_are_tried_twenty_times_a_minute(api: Api) -> None:
    """Each try costs a hash; the two routes are counted apart, and so is each address."""
    body = {"secret": "guess", "password": PASSWORD}
    async with beside(api, settings={"trusted_proxies": ("127.0.0.1/32",)}) as proxied:

        async def accept(address: str) -> int:
            headers = {"X-Forwarded-For": address}
            reply = await proxied.call("POST", "/v1/invitations/accept", json=body, headers=headers)
            return reply.status

        outcomes = [await accept("192.0.2.1") for _ in range(21)]
        elsewhere = await accept("192.0.2.2")
        other_route = await revoke(proxied.authority)

    assert outcomes == [404] * 20 + [429]
    assert (elsewhere, other_route.status) == (404, 200)


async def test_a_whole_office_accepts_its_links_from_one_address(api: Api) -> None:
    """A link that was good was no guess: it is not counted, and what was guessed before still is."""
    guess = {"secret": "guess", "password": PASSWORD}
    links = [
        (await api.authority.services.create_user(name=f"p{n}", role=Role.USER, grant=Grant(), actor="test"))[
            1
        ]
        for n in range(25)
    ]
    path = "/v1/invitations/accept"

    first = [(await api.call("POST", path, json=guess)).status for _ in range(19)]
    bodies = [{"secret": link.reveal(), "password": PASSWORD} for link in links]
    good = {(await api.call("POST", path, json=body)).status for body in bodies}
    last = [(await api.call("POST", path, json=guess)).status for _ in range(2)]

    assert (first, good, last) == ([404] * 19, {201}, [404, 429])


async def test_a_hundred_thousand_networks_take_no_more_memory() -> None:
    """R60: the oldest are forgotten; whoever is counted last is counted."""
    rates = address_rates.AddressRates(per_minute=1, clock=TurnableClock())

    for number in range(100_000):
        rates.demand("route", f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1")

    assert len(rates) == address_rates.REMEMBERED
    with pytest.raises(address_rates.Busy):
        rates.demand("route", f"2001:db8:1:{99_999 & 0xFFFF:x}::9")


async def test_a_hundred_thousand_clients_take_no_more_memory(authority: Authority) -> None:
    """R60: the same for what clients were told."""
    limits = authority.services.client_limits
    for number in range(100_000):
        limits.active(_client(authority, number))

    assert len(limits) == client_limits.REMEMBERED


async def test_forged_tokens_are_not_remembered(authority: Authority) -> None:
    """R60: nobody fills the memory of readings with tokens of their own making."""
    services = authority.services
    genuine = (await authority.token()).jwt.reveal()
    await authority.introspect(genuine)

    head, payload, _ = genuine.split(".")
    forged = [f"{head}.{payload}.{number:086d}" for number in range(2_000)]
    assert set(await asyncio.gather(*(services.recognise(token) for token in forged))) == {None}

    assert services.recognise.remembers(genuine)
    assert not any(services.recognise.remembers(token) for token in forged)


def _client(authority: Authority, number: int) -> object:
    return replace(authority.client, id=f"client-{number}")
