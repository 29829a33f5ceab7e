"""Sign-in over HTTP while somebody guesses: what each side sees (R45 to R47)."""

import asyncio
import itertools
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from keys import new_master_key_text
from service.domain.session import Carrier
from service.domain.user import Grant, Role
from tests.api.api_fixtures import PASSWORD, Api, Person, Reply, beside
from tests.api.oauth_fixtures import running_authority
from tests.clock import TurnableClock
from tests.servers.process import free_port as pick_port

WRONG = "not the one that it should be"
PROXY = {"trusted_proxies": ("127.0.0.1/32",)}


@pytest.fixture
async def proxied(api: Api) -> AsyncIterator[Api]:
    """A service that believes what we say of where a caller is."""
    async with beside(api, settings=PROXY) as there:
        yield there


async def post(
    api: Api, name: str, password: str, address: str, *, cookie: str = "", carrier: str = "bearer"
) -> Reply:
    headers = {"X-Forwarded-For": address, **({"Cookie": cookie} if cookie else {})}
    body = {"name": name, "password": password, "carrier": carrier}
    return await api.call("POST", "/v1/session", json=body, headers=headers)


def networks() -> Iterator[str]:
    return (f"10.{number >> 8}.{number & 255}.1" for number in itertools.count())


def device_of(reply: Reply) -> str:
    """The cookie by which the browser is known again."""
    [cookie] = [each for each in reply.headers.getall("Set-Cookie") if each.startswith("safeconduct-device=")]
    return cookie.partition(";")[0]


async def test_the_owner_signs_in_while_two_hundred_addresses_guess(proxied: Api) -> None:
    """R45: of all their guesses a hundred are judged; the owner's browser is in within two seconds meanwhile."""
    await proxied.person("ann")
    home = device_of(await post(proxied, "ann", PASSWORD, "198.51.100.1", carrier="cookie"))
    addresses = [f"10.0.{number}.1" for number in range(200)]
    outcomes: list[int] = []

    async def guess(address: str) -> None:
        outcomes.extend([(await post(proxied, "ann", WRONG, address)).status for _ in range(6)])

    attack = asyncio.gather(*(guess(address) for address in addresses))
    while outcomes.count(401) < 100:
        assert not attack.done()
        await asyncio.wait([attack], timeout=0.05)
    began = time.monotonic()
    owner = await post(proxied, "ann", PASSWORD, "203.0.113.5", cookie=home)
    took = time.monotonic() - began
    await attack

    assert owner.status == 201
    assert took <= 2
    assert set(outcomes) == {401, 429}


async def test_without_a_success_in_between_a_hundred_guesses_are_judged(proxied: Api) -> None:
    """R45, S48: two hundred addresses with five guesses each get a hundred in all, the right one not among them."""
    await proxied.person("ann")

    outcomes = [(await post(proxied, "ann", WRONG, f"10.0.{number % 200}.1")).status for number in range(300)]
    last = await post(proxied, "ann", PASSWORD, "10.1.0.1")

    assert outcomes == [401] * 100 + [429] * 200
    assert last.status == 429


async def six_ways_to_fail(api: Api) -> dict[str, tuple[str, str]]:
    """Name and password of each, none of which may be told from the others."""
    services = api.authority.services
    await api.person("ann")
    await api.person("root", role=Role.ADMINISTRATOR)
    gone = await api.person("gone")
    await services.disable_user(gone.user.id, actor="test")
    await services.create_user(name="invited", role=Role.USER, grant=Grant(), actor="test")
    return {
        "unknown": ("nobody", PASSWORD),
        "wrong": ("ann", WRONG),
        "an administrator's": ("root", WRONG),
        "disabled": ("gone", PASSWORD),
        "disabled and wrong": ("gone", WRONG),
        "never came": ("invited", PASSWORD),
    }


def comparable(reply: Reply) -> tuple[object, ...]:
    """Every byte and header but the request's own id, the clock, and the jitter, whose form is checked here."""
    identifier = re.search(rb'"instance":"([0-9a-f]{32})"', reply.body)[1]
    headers = {name.lower(): value for name, value in reply.headers.items()}
    assert headers.pop("x-request-id").encode() == identifier
    headers.pop("date")
    if reply.status == 429:
        wait = headers.pop("retry-after")
        assert headers.pop("ratelimit") == f'"sign-in";r=0;t={wait}'
        assert wait in {"1", "2"}
    return reply.status, reply.body.replace(identifier, b""), tuple(sorted(headers.items()))


async def test_no_failure_is_told_from_another_byte_by_byte(proxied: Api) -> None:
    """R46: six reasons, one answer: body, status, headers, cookies; and so once they have to wait."""
    ways, addresses = await six_ways_to_fail(proxied), networks()

    free: set[object] = set()
    waiting: set[object] = set()
    for name, password in ways.values():
        address = next(addresses)
        free |= {comparable(await post(proxied, name, password, address)) for _ in range(5)}
        waiting.add(comparable(await post(proxied, name, password, address)))

    assert len(free) == 1, free
    assert len(waiting) == 1, waiting
    assert {status for status, *_ in (*free, *waiting)} == {401, 429}
    assert not any("set-cookie" in dict(headers) for _, _, headers in (*free, *waiting))


async def test_a_right_password_looks_like_a_wrong_one_while_it_waits(proxied: Api) -> None:
    """R46: the wait ends no guess early."""
    await proxied.person("ann")
    for _ in range(5):
        await post(proxied, "ann", WRONG, "10.0.0.1")

    replies = [await post(proxied, "ann", password, "10.0.0.1") for password in (PASSWORD, WRONG)]

    assert comparable(replies[0]) == comparable(replies[1])
    assert replies[0].code == "too_many_requests"


async def test_a_wait_is_told_in_the_fields_of_the_draft(proxied: Api) -> None:
    """Which ceiling, that nothing is left, and when to come again; nothing of the kind before that."""
    await proxied.person("ann")
    before = [await post(proxied, "ann", WRONG, "10.0.0.1") for _ in range(5)]

    refused = await post(proxied, "ann", WRONG, "10.0.0.1")

    assert not any(name.startswith("RateLimit") for reply in before for name in reply.headers)
    assert refused.headers["RateLimit-Policy"] == '"sign-in";q=5'
    assert re.fullmatch(r'"sign-in";r=0;t=[12]', refused.headers["RateLimit"])


@pytest.mark.parametrize("seconds", [0, 1])
async def test_the_fifth_failure_delays_by_a_second(proxied: Api, seconds: int) -> None:
    """To the second, by the database's clock."""
    await proxied.person("ann")
    for _ in range(5):
        await post(proxied, "ann", WRONG, "10.0.0.1")

    proxied.authority.clock.advance(seconds)

    assert (await post(proxied, "ann", PASSWORD, "10.0.0.1")).status == (201 if seconds else 429)


async def test_a_device_cookie_is_kept_from_scripts_and_lasts(proxied: Api) -> None:
    """It is no session: it opens nothing."""
    await proxied.person("ann")

    reply = await post(proxied, "ann", PASSWORD, "10.0.0.1", carrier="cookie")

    [whole] = [each for each in reply.headers.getall("Set-Cookie") if "device" in each]
    name, _, secret = device_of(reply).partition("=")
    assert set(whole.split("; ")[1:]) == {"Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=7776000"}
    assert re.fullmatch(r"[\w-]{43}", secret)
    for headers in ({"Cookie": f"{name}={secret}"}, {"Cookie": f"safeconduct={secret}"}):
        assert (await proxied.call("GET", "/v1/me", headers=headers)).status == 401
    assert (await proxied.call("GET", "/v1/me", bearer=secret)).status == 401


async def test_a_known_browser_keeps_its_cookie(proxied: Api) -> None:
    """No second one is set; one that is not known, or no cookie of ours, is replaced."""
    await proxied.person("ann")
    first = device_of(await post(proxied, "ann", PASSWORD, "10.0.0.1", carrier="cookie"))

    cookies = [first, f"safeconduct-device={'A' * 43}", "safeconduct-device=\xff\"';"]
    replies = [
        await post(proxied, "ann", PASSWORD, "10.0.0.1", cookie=cookie, carrier="cookie")
        for cookie in cookies
    ]

    assert [len(reply.headers.getall("Set-Cookie")) for reply in replies] == [1, 2, 2]


async def test_over_https_the_device_cookie_is_bound_to_the_host(api: Api) -> None:
    """`__Host-` and Secure: no neighbouring host and no plain http can plant one."""
    await api.person("ann")
    async with beside(api, settings={"issuer": "https://tokens.example"}) as secure:
        body = {"name": "ann", "password": PASSWORD, "carrier": "cookie"}
        reply = await secure.call("POST", "/v1/session", json=body)

    [device] = [each for each in reply.headers.getall("Set-Cookie") if "device" in each]
    assert device.startswith("__Host-safeconduct-device=")
    assert {"Secure", "Path=/"} <= set(device.split("; "))


async def test_counters_are_shared_by_replicas_paths_and_restarts(tmp_path: Path, postgres_url: str) -> None:
    """R47: three replicas in turn, one of them started anew, by sign-in and by confirmation: one count of twelve."""
    ports, key = [pick_port() for _ in range(4)], new_master_key_text()
    clock = TurnableClock(int(time.time()))
    settings = {"issuer": f"http://localhost:{ports[0]}", "master_key": key, "database_url": postgres_url}
    outcomes: list[int] = []
    async with AsyncExitStack() as stack, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:

        async def replica(port: int, within: AsyncExitStack) -> Api:
            running = running_authority(
                tmp_path, clock, port=port, sign_in_account_failures=12, **settings, **PROXY
            )
            return Api(await within.enter_async_context(running), http)

        first, second = [await replica(port, stack) for port in ports[:2]]
        ann = await first.person("ann")
        addresses = networks()
        for restarted in ports[2:]:
            async with AsyncExitStack() as briefly:
                third = await replica(restarted, briefly)
                for number, each in enumerate([first, second, third] * 3):
                    address = next(addresses)
                    reply = await (confirm if number % 2 else guess)(each, ann, address)
                    outcomes.append(reply.status)

    assert outcomes == [401] * 12 + [429] * 6


async def guess(api: Api, person: Person, address: str) -> Reply:
    return await post(api, person.user.name, WRONG, address)


async def confirm(api: Api, person: Person, address: str) -> Reply:
    assert person.carrier is Carrier.BEARER
    headers = {**person.headers, "X-Forwarded-For": address}
    return await api.call("POST", "/v1/session/confirm", json={"password": WRONG}, headers=headers)
