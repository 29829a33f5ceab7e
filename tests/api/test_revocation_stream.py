"""GET /v1/revocations, as docs/revocation.md promises it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from service.application.issue import Issued
from service.application.publication import Push
from service.domain.edit import Edit
from tests.api.api_fixtures import Api, beside
from tests.api.oauth_fixtures import Authority, exchange
from tests.api.test_connections import LIVEZ, held, listening
from tests.application.deployment import claims_of
from tests.publish.conftest import pushing
from tests.publish.sse import Stream, reading

STREAM = "/v1/revocations"


@pytest.fixture
async def push(api: Api) -> AsyncIterator[Push]:
    async with pushing(api.authority.opened) as push:
        await push.follow()
        yield push


def url(api: Api) -> str:
    return f"http://127.0.0.1:{api.authority.port}{STREAM}"


def basic(authority: Authority, secret: str | None = None) -> str:
    pair = f"{authority.client.id}:{secret or authority.secret}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def place(issued: Issued) -> tuple[str, int]:
    """(list id, idx)."""
    entry = claims_of(issued)["status"]["status_list"]
    return entry["uri"].rpartition("/")[2], entry["idx"]


async def revoke(api: Api, *tokens: Issued) -> int:
    """Revoke each by itself; the revision of the last."""
    for issued in tokens:
        await api.authority.services.revoke(
            issued.token.id, owner_id=issued.token.owner_id, actor="test", reason="lost"
        )
    async with api.authority.opened.storage.reading() as read:
        return (await read.heads())["revision"]


async def pause(api: Api, issued: Issued, *, suspended: bool) -> None:
    await api.authority.services.edit(
        issued.token.id,
        Edit(suspended=suspended),
        owner_id=issued.token.owner_id,
        actor="test",
        administrator=False,
    )


async def several(api: Api, count: int) -> list[Issued]:
    """Tokens of one owner, as far as one may make so many."""
    owners = [await api.authority.user(f"owner {number}") for number in range(-(-count // 15))]
    return [await api.authority.token(owners[number // 15]) for number in range(count)]


async def test_a_new_reader_is_told_where_every_list_stands(api: Api, push: Push) -> None:
    """The first event is a resync: position, age, and the version of each list, against which copies are compared."""
    token, other = await several(api, 2)
    revision = await revoke(api, token)
    await push.follow()

    async with reading(url(api)) as stream:
        event, then = await stream.next(), await stream.next()

    headers = stream.response.headers
    assert stream.response.status == 200
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert (event.id, event.name) == (f"1-{revision}", "resync")
    assert event.data == {
        "epoch": 1,
        "revision": revision,
        "as_of": api.authority.clock(),
        "lists": {place(other)[0]: revision},
    }
    assert (then.id, then.name) == (event.id, "heartbeat")
    assert then.data == {"epoch": 1, "revision": revision, "as_of": api.authority.clock()}


async def test_revoke_pause_and_resume_are_pushed(api: Api, push: Push) -> None:
    """One event a revision with list, index, status and time; pause is 2, resume 0, a revocation 1 (R4)."""
    token, paused = await several(api, 2)
    async with reading(url(api)) as stream:
        before = await stream.next()
        began = asyncio.get_running_loop().time()
        revision = await revoke(api, token)
        first = await stream.next_of("change")
        took = asyncio.get_running_loop().time() - began
        await pause(api, paused, suspended=True)
        await pause(api, paused, suspended=False)
        second, third = [await stream.next_of("change") for _ in range(2)]

    assert took < 1
    assert (first.id, first.revision, first.data["previous"]) == (f"1-{revision}", revision, revision - 1)
    assert before.revision == first.data["previous"]
    assert first.data["at"] == api.authority.clock()
    told = [event.data["lists"] for event in (first, second, third)]
    wanted = [(token, 1), (paused, 2), (paused, 0)]
    assert told == [{place(issued)[0]: [[place(issued)[1], status]]} for issued, status in wanted]


async def test_many_revoked_by_one_act_are_one_event(api: Api, push: Push) -> None:
    """A compact event: all entries of the revision, by list."""
    tokens = await several(api, 15)
    async with reading(url(api)) as stream:
        await stream.next()
        await api.authority.services.disable_user(tokens[0].token.owner_id, actor="test")
        event = await stream.next_of("change")

    [(list_id, entries)] = event.data["lists"].items()
    assert {(list_id, idx) for idx, _ in entries} == {place(issued) for issued in tokens}
    assert {status for _, status in entries} == {1}


async def test_a_reader_that_comes_back_misses_nothing(api: Api, push: Push) -> None:
    """`Last-Event-ID` goes on behind it, after a heartbeat too, without a resync."""
    tokens = await several(api, 6)
    async with reading(url(api)) as stream:
        start = await stream.next()
    await revoke(api, *tokens[:3])
    await push.follow()
    async with reading(url(api), last=start.id) as stream:
        replayed = [await stream.next() for _ in range(3)]
        heartbeat = await stream.next()
    revision = await revoke(api, *tokens[3:])
    await push.follow()
    async with reading(url(api), last=heartbeat.id) as stream:
        later = await stream.until(revision)

    assert [event.name for event in replayed] == ["change"] * 3
    assert heartbeat.name == "heartbeat"
    assert [event.data["previous"] for event in (*replayed, *later)] == [*range(start.revision, revision)]
    assert [place(issued) for issued in tokens] == [
        (list_id, idx) for event in (*replayed, *later) for list_id, [[idx, _]] in event.data["lists"].items()
    ]


@pytest.mark.parametrize("last", ["1-999", "2-0", "0-1", "1", "x", "1-1-1", "1--1", "9" * 40, "١-١"])
async def test_a_position_that_is_not_ours_is_answered_by_a_resync(api: Api, push: Push, last: str) -> None:
    """Ahead of the database (a restored one), another epoch, or nonsense: never silence (threats 20, R43)."""
    await revoke(api, *(await several(api, 1)))
    await push.follow()

    async with reading(url(api), last=last) as stream:
        event = await stream.next()

    assert event.name == "resync"


async def test_heartbeats_show_the_age_of_what_was_read(api: Api) -> None:
    """Threats 4: they go on when the database cannot be read, and say since when."""
    async with beside(api, settings={"revocation_stream_heartbeat": 1}) as other:
        push = other.authority.services.publication
        await push.follow()
        async with reading(url(other)) as stream:
            await stream.next()
            first = await stream.next_of("heartbeat")
            api.authority.clock.advance(7)
            await push.streams.beat()
            unread = await stream.next_of("heartbeat")
            await push.follow()
            await push.streams.beat()
            read = await stream.next_of("heartbeat")

    assert unread.data["as_of"] == first.data["as_of"]
    assert read.data["as_of"] == first.data["as_of"] + 7


async def test_lists_signed_anew_are_fetched_anew(api: Api, push: Push) -> None:
    """A compromised status key changes every list without changing an entry: every reader is sent to look (R43)."""
    await several(api, 1)
    await push.follow()
    async with reading(url(api)) as stream:
        before = await stream.next()
        async with api.authority.opened.storage.transaction() as tx:
            await tx.status_lists.sign_anew()
        await push.follow()
        event = await stream.next_of("change", "resync")

    assert event.name == "resync"
    assert event.data["lists"] == dict.fromkeys(before.data["lists"], before.revision + 1)


async def test_snapshot_then_stream_has_no_gap(api: Api, push: Push) -> None:
    """The documented order, while tokens are revoked all the time: stream, then list, then what came since."""
    tokens = await several(api, 40)
    list_id = place(tokens[0])[0]

    async def copy() -> set[int]:
        async with reading(url(api)) as stream:
            wanted = (await stream.next_of("resync")).data["lists"].get(list_id, 0)
            signed = None
            while signed is None or signed.version < wanted:
                await api.authority.services.status_lists.follow()
                signed = await _signed(api, tokens[0])
            refused = {place(each)[1] for each in tokens if signed.statuses.read(place(each)[1])}
            position = signed.version
            while len(refused) < len(tokens):
                event = await stream.next_of("change")
                if event.revision > position:
                    refused |= {idx for idx, status in event.data["lists"].get(list_id, ()) if status}
            return refused

    async def revoke_all() -> None:
        for issued in tokens:
            await revoke(api, issued)
            await asyncio.sleep(0)

    *copies, _ = await asyncio.wait_for(asyncio.gather(*(copy() for _ in range(8)), revoke_all()), 60)
    assert copies == [{place(issued)[1] for issued in tokens}] * 8


async def _signed(api: Api, issued: Issued):
    from safeconduct.policy import VerificationPolicy
    from safeconduct.status_list_token import check_status_list_token

    uri = claims_of(issued)["status"]["status_list"]["uri"]
    answer = await api.authority.send("GET", uri.removeprefix(api.authority.issuer))
    policy = VerificationPolicy(issuer=api.authority.issuer, audiences=None)
    keys = api.authority.services.current.key_set
    return check_status_list_token(answer.body.decode(), uri, keys, policy, api.authority.clock())


async def test_half_of_the_places_are_kept_for_those_who_authenticate(api: Api, push: Push) -> None:
    """Threats 20: beyond them 503 or 429, with when to come again; a place that was left is free again."""
    streams = push.streams
    streams._places, streams._per_address = 8, 3
    authority = api.authority
    async with AsyncExitStack() as stack:

        async def enter(**headers: str) -> Stream:
            stream = await stack.enter_async_context(reading(url(api), **headers))
            if stream.response.status == 200:
                await stream.next()
            return stream

        anonymous = [await enter() for _ in range(3)]
        one_more = await enter()
        streams._per_address = 20
        fourth, beyond_half = await enter(), await enter()
        clients = [await enter(Authorization=basic(authority)) for _ in range(4)]
        beyond = await enter(Authorization=basic(authority))
        refused = [each.response for each in (one_more, beyond_half, beyond)]
        codes = [json.loads(await response.read())["code"] for response in refused]
        assert len(streams) == 8

    assert {each.response.status for each in (*anonymous, fourth, *clients)} == {200}
    assert [response.status for response in refused] == [429, 503, 503]
    assert codes == ["too_many_requests", "no_place", "no_place"]
    assert all(int(response.headers["Retry-After"]) >= 10 for response in refused)
    await push.streams.beat()  # whoever has gone is noticed at the next word
    async with asyncio.timeout(20):
        while len(streams):
            await asyncio.sleep(0.01)
            await push.streams.beat()


async def test_streams_take_no_connection_from_those_who_ask(api: Api, push: Push) -> None:
    """R60: a thousand connections and a thousand streams: a full stream leaves room for every other call."""
    async with (
        listening(api, (), connections_at_once=2, connections_per_address=2) as port,
        AsyncExitStack() as stack,
    ):
        for _ in range(5):
            stream = await stack.enter_async_context(reading(f"http://127.0.0.1:{port}{STREAM}"))
            assert (await stream.next()).name == "resync"
        async with held(port, 2):
            too_many = await exchange(port, LIVEZ)
        answers = [await exchange(port, LIVEZ) for _ in range(3)]

    assert too_many.status == 503
    assert {answer.status for answer in answers} == {200}


async def test_wrong_credentials_are_refused_and_not_overlooked(api: Api, push: Push) -> None:
    """Who shows a credential wants its rights: anything but a client's own is 401 with the challenge of Basic."""
    authority = api.authority
    shown = [basic(authority, "wrong"), "Bearer x.y.z", "Basic !", "Bearer secret"]
    answers = [await api.call("GET", STREAM, headers={"Authorization": each}) for each in shown]

    async with reading(url(api), Authorization=basic(authority)) as stream:
        admitted = stream.response.status

    assert [answer.status for answer in answers] == [401] * 4
    assert all(answer.headers["WWW-Authenticate"].startswith("Basic") for answer in answers)
    assert admitted == 200


async def test_the_stream_can_be_for_clients_alone(api: Api, push: Push) -> None:
    """By setting; the metadata says so."""
    async with beside(api, settings={"revocation_stream_public": False}) as other:
        anonymous = await other.call("GET", STREAM)
        metadata = await other.call("GET", "/.well-known/oauth-authorization-server")
        async with reading(url(other), Authorization=basic(api.authority)) as stream:
            event = await stream.next()

    assert anonymous.status == 401
    assert event.name == "resync"
    assert metadata.document["revocation_stream_endpoint"] == f"{api.authority.issuer}{STREAM}"
    assert metadata.document["revocation_stream_endpoint_auth_methods_supported"] == ["client_secret_basic"]


async def test_only_the_head_is_answered_to_head(api: Api, push: Push) -> None:
    """It ends at once, and holds no place."""
    answer = await api.call("HEAD", STREAM)

    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "text/event-stream", b"")
    assert len(push.streams) == 0


async def test_before_the_database_was_read_there_is_no_stream(api: Api) -> None:
    """503 with when to come again: nothing is said that is not known."""
    answer = await api.call("GET", STREAM)

    assert (answer.status, answer.code) == (503, "storage_unavailable")
    assert "Retry-After" in answer.headers


async def test_streams_end_when_the_process_stops(api: Api, push: Push) -> None:
    """R64: at once and in order, so that readers go on elsewhere; nobody new gets in."""
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(reading(url(api))) for _ in range(5)]
        for stream in streams:
            await stream.next()
        began = asyncio.get_running_loop().time()
        push.streams.close()
        rest = [[event async for event in _all(stream)] for stream in streams]
        took = asyncio.get_running_loop().time() - began

    late = await api.call("GET", STREAM)
    assert took < 5
    assert {event.name for events in rest for event in events} <= {"heartbeat"}
    assert late.status == 503


async def _all(stream: Stream):
    while (event := await stream.next()) is not None:
        yield event
