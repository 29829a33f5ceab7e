"""Many readers of the public documents at once, those that take gzip, and those that come too late."""

import asyncio
import gzip
import json
from contextlib import asynccontextmanager

import jwt

from keys import Purpose
from service.application.list_publication import ListTimes
from service.application.status_lists import StatusListTokens
from service.domain.permutation import CAPACITY
from tests.api.api_fixtures import Api, beside
from tests.api.oauth_fixtures import Authority, http, parse_answer

VERIFIERS, CONNECTIONS = 2_000, 40
JWKS = "/.well-known/jwks.json"
DAY = 86_400


def list_path(authority: Authority, issued: object) -> str:
    claims = jwt.decode(issued.jwt.reveal(), options={"verify_signature": False})
    return claims["status"]["status_list"]["uri"].removeprefix(authority.issuer)


def list_claims(body: bytes) -> dict:
    return jwt.decode(body, options={"verify_signature": False})


class Counting:
    """A storage that counts what is asked of it."""

    def __init__(self, storage: object) -> None:
        self._storage = storage
        self.reads = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._storage, name)

    @asynccontextmanager
    async def snapshot(self) -> object:
        self.reads += 1
        async with self._storage.snapshot() as snap:
            yield snap

    @asynccontextmanager
    async def reading(self) -> object:
        self.reads += 1
        async with self._storage.reading() as read:
            yield read


async def many_get(port: int, target: str, times: int) -> set[tuple[int, bytes]]:
    """The answers to as many requests on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = set()
    request = http("GET", target).replace(b"Connection: close", b"Connection: keep-alive")
    for _ in range(times):
        writer.write(request)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        answer = parse_answer(head)
        body = await asyncio.wait_for(reader.readexactly(int(answer.header("content-length"))), 60)
        answers.add((answer.status, body))
    writer.close()
    return answers


async def test_two_thousand_verifiers_that_start_at_once_cost_one_look(api: Api) -> None:
    """R63: each fetches the list and the keys; every one is answered, all alike, and one of them asked the database."""
    authority = api.authority
    issued = await authority.token()
    storage = Counting(authority.opened.storage)
    times = ListTimes(ttl=60, lifetime=900, tick=30)
    lists = StatusListTokens(
        storage,
        authority.services.current,
        authority.services.status_lists._history,
        issuer=authority.issuer,
        times=times,
        clock=authority.clock,
    )
    async with beside(api, status_lists=lists) as other:
        herd = [
            many_get(other.authority.port, target, VERIFIERS // CONNECTIONS)
            for target in (list_path(authority, issued), JWKS)
            for _ in range(CONNECTIONS // 2)
        ]
        answers = await asyncio.gather(*herd)

    assert {status for each in answers for status, _ in each} == {200}
    assert len(set().union(*answers)) == 2
    assert storage.reads == 1


async def test_a_list_is_smaller_for_readers_of_gzip(authority: Authority) -> None:
    """Token Status List section 8.2: the same token, under a tag of its own, so that no cache mixes them up."""
    path = list_path(authority, await authority.token())

    plain = await authority.send("GET", path, "Accept-Encoding: gzip;q=0")
    small = await authority.send("GET", path, "Accept-Encoding: br, gzip")
    again = await authority.send(
        "GET", path, "Accept-Encoding: gzip", f"If-None-Match: {small.header('etag')}"
    )
    crossed = await authority.send("GET", path, f"If-None-Match: {small.header('etag')}")

    assert small.header("content-encoding") == "gzip"
    assert plain.header("content-encoding") is None
    assert gzip.decompress(small.body) == plain.body
    assert len(small.body) < len(plain.body)
    assert small.header("etag") != plain.header("etag")
    assert (again.status, crossed.status) == (304, 200)


async def test_a_list_that_is_over_is_gone(authority: Authority) -> None:
    """410 and no longer named with the others; unknown lists stay 404."""
    issued = await authority.token(days=1)
    path = list_path(authority, issued)
    async with authority.opened.storage.transaction() as tx:
        await tx.status_lists.allocate(CAPACITY - 1, new_list_id="a" * 32, now=0)
    authority.clock.advance(3 * DAY)
    await authority.opened.housekeeping.retire()

    gone, named = await authority.send("GET", path), await authority.send("GET", "/status-lists")

    assert (gone.status, json.loads(gone.body)["code"]) == (410, "gone")
    assert gone.header("access-control-allow-origin") == "*"
    assert json.loads(named.body) == {"status_lists": []}


async def test_the_list_tells_which_keys_it_was_signed_among(authority: Authority) -> None:
    """R44: `keyset_version` is the JWKS' own `version`; when a key is compromised it rises with the next list, so
    that a verifier that reads lists drops the key as fast as a revoked token.
    """
    services = authority.services
    issued = await authority.token()
    path = list_path(authority, issued)
    before = list_claims((await authority.send("GET", path)).body)

    kid = services.current.ring.active(Purpose.ACCESS_TOKEN).kid
    await services.compromise_key(kid, reason="leaked", actor="test")
    await authority.opened.housekeeping.follow()

    after = list_claims((await authority.send("GET", path)).body)
    published = json.loads((await authority.send("GET", JWKS)).body)
    assert after["keyset_version"] == published["version"] > before["keyset_version"]
    assert after["version"] > before["version"]
