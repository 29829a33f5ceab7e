import json
import time
from pathlib import Path

import pytest
import redis
from safeconduct.status_list import LIST_BYTES

from service.application.issue import Issued
from service.application.publication import Notes
from service.application.revocation_feed import RevocationFeed
from service.domain.publication import Change, Form, Position
from service.publish.list_copies import ListCopies
from service.publish.redis import RedisLists
from service.web.metrics import Metrics
from tests.application.deployment import Deployment
from tests.publish.conftest import PATIENCE, Published, eventually, place, publishing
from tests.servers.redis import RedisServer

REPAIRED_WITHIN = 60  # seconds (R7)
REBUILT_WITHIN = 10  # seconds: what is wrong is found within 5, and written anew within 5 (F16)


async def pair(published: Published) -> tuple[Issued, Issued]:
    """A live token and a revoked one, as Redis says too."""
    live, revoked = [await published.deployment.token() for _ in range(2)]
    assert await published.comes_to_say(revoked, "valid")
    await published.deployment.revoke(revoked.token)
    assert await eventually(lambda: (published.says(live), published.says(revoked)) == ("valid", "refuse"))
    return live, revoked


async def test_what_is_acknowledged_reaches_redis(published: Published) -> None:
    """R4: revoke, pause and resume, a revocation for good; the bytes are the database's."""
    on = published.deployment
    revoked, paused, kept = [await on.token() for _ in range(3)]
    known = await published.comes_to_say(kept, "valid")

    await on.revoke(revoked.token)
    await on.edit(paused.token, suspended=True)
    seen = await eventually(lambda: {published.says(revoked), published.says(paused)} == {"refuse"})
    suspended = published.list_of(paused).read(place(paused)[1])
    await on.edit(paused.token, suspended=False)

    assert known
    assert seen
    assert suspended == 2
    assert await published.comes_to_say(paused, "valid")
    assert published.says(revoked) == "refuse"
    assert published.list_of(kept) == await on.statuses(place(kept)[0].rpartition("/")[2])


async def test_the_stream_and_the_meta_say_what_the_page_says(published: Published) -> None:
    """docs/redis.md: one entry a revision under its id, chained by `previous`, and the age of it all."""
    on = published.deployment
    live, revoked = await pair(published)
    await on.edit(live.token, suspended=True)
    assert await published.comes_to_say(live, "refuse")

    entries = published.client.xrange(f"{published.prefix}changes")
    changes = [json.loads(fields[b"change"]) for _, fields in entries]
    meta = published.meta()

    assert [entry_id.decode() for entry_id, _ in entries] == ["1-1", "1-2"]
    assert [(change["epoch"], change["revision"], change["previous"]) for change in changes] == [
        (1, 1, 0),
        (1, 2, 1),
    ]
    wanted = [(revoked, 1), (live, 2)]
    assert [change["lists"] for change in changes] == [
        {place(issued)[0].rpartition("/")[2]: [[place(issued)[1], status]]} for issued, status in wanted
    ]
    assert (meta["issuer"], meta["epoch"], meta["version"]) == (on.settings.issuer, "1", "2")
    assert abs(int(meta["as_of"]) - time.time()) < PATIENCE
    before = int(meta["as_of"])
    assert await eventually(lambda: int(published.meta()["as_of"]) > before)


async def test_it_is_known_when_each_form_had_a_revision(published: Published) -> None:
    """What a receipt tells: in milliseconds, not before the revocation."""
    began = time.time_ns() // 1_000_000
    await pair(published)
    times: dict[Form, int] = {}

    async def noted() -> bool:
        await published.deployment.opened.housekeeping.follow()
        async with published.deployment.storage.reading() as read:
            times.update(await read.publications.of(1))
        return times.keys() == set(Form)

    assert await eventually_so(noted)
    assert all(began <= at <= time.time_ns() // 1_000_000 for at in times.values())


async def test_those_who_watch_see_how_redis_is_doing(published: Published) -> None:
    """The metrics of the page, with what Redis itself says."""
    await pair(published)
    assert await eventually(lambda: published.push.redis.state.version == 1)

    text = Metrics(published.deployment.services, published.deployment.clock).text().decode()
    told = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("safeconduct_re"))

    assert told["safeconduct_redis_up"] == "1.0"
    assert told["safeconduct_redis_version"] == published.meta()["version"] + ".0"
    assert float(told["safeconduct_redis_as_of_seconds"]) <= int(published.meta()["as_of"])
    assert told["safeconduct_redis_repairs_total"] == "0.0"
    assert told["safeconduct_revocation_streams"] == "0.0"


async def eventually_so(holds) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not await holds():
        if time.monotonic() > deadline:
            return False
    return True


def flush(client: redis.Redis, published: Published, issued: Issued) -> None:
    client.flushall()


def delete_list(client: redis.Redis, published: Published, issued: Issued) -> None:
    client.delete(published.list_key(issued))


def delete_meta(client: redis.Redis, published: Published, issued: Issued) -> None:
    client.delete(published.meta_key)


def cut(client: redis.Redis, published: Published, issued: Issued) -> None:
    key = published.list_key(issued)
    client.set(key, client.get(key)[:20_000])


def evict_and_write_a_bit(client: redis.Redis, published: Published, issued: Issued) -> None:
    delete_list(client, published, issued)
    client.setbit(published.list_key(issued), 77, 1)


def promote_an_old_replica(client: redis.Redis, published: Published, issued: Issued) -> None:
    """As it was before the revocation, with an old stream."""
    client.set(published.list_key(issued), b"\x55" + bytes(LIST_BYTES - 2) + b"\x55")
    client.hset(published.meta_key, "version", 0)
    client.delete(f"{published.prefix}changes")


def promote_an_empty_replica(client: redis.Redis, published: Published, issued: Issued) -> None:
    client.flushall()
    client.set(published.list_key(issued), bytes(LIST_BYTES))


def be_another_issuers(client: redis.Redis, published: Published, issued: Issued) -> None:
    client.hset(published.meta_key, mapping={"issuer": "https://other.example", "version": 10**9})


def be_of_another_type(client: redis.Redis, published: Published, issued: Issued) -> None:
    client.flushall()
    client.rpush(published.list_key(issued), "x")
    client.rpush(published.meta_key, "x")
    client.rpush(f"{published.prefix}changes", "x")


LOSSES = [
    flush,
    delete_list,
    delete_meta,
    cut,
    evict_and_write_a_bit,
    promote_an_old_replica,
    promote_an_empty_replica,
    be_another_issuers,
    be_of_another_type,
]


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
async def test_whatever_redis_loses_is_never_valid_and_soon_whole(published: Published, lose) -> None:
    """R6, F16, F17, F20: a revoked token is unknown or refused all the time, and all is written anew by itself."""
    live, revoked = await pair(published)

    lose(published.client, published, revoked)
    began = time.monotonic()
    if lose is not flush:  # which shows how long it takes by itself
        published.push.redis.wake()
    safe = await published.never_says_valid(
        revoked, until=lambda: published.says(live) == "valid" and published.says(revoked) == "refuse"
    )
    took = time.monotonic() - began

    on = published.deployment
    assert safe
    assert took < REBUILT_WITHIN
    assert published.list_of(live) == await on.statuses(place(live)[0].rpartition("/")[2])
    await on.edit(live.token, suspended=True)
    assert await published.comes_to_say(live, "refuse")
    last = published.client.xrevrange(f"{published.prefix}changes", count=1)
    assert [entry_id for entry_id, _ in last] == [b"1-2"]


async def test_what_somebody_writes_into_redis_is_repaired_and_believed_by_nobody(
    published: Published,
) -> None:
    """R7, threats 3, T4: all bits set or cleared by hand; the database is untouched, Redis is corrected."""
    on = published.deployment
    live, revoked = await pair(published)
    key = published.list_key(live)
    await on.opened.housekeeping.follow()
    before = await on.dump()

    for byte in (b"\x55", b"\x00"):
        published.client.set(key, b"\x55" + byte * (LIST_BYTES - 2) + b"\x55")
        assert await eventually(
            lambda: (published.says(live), published.says(revoked)) == ("valid", "refuse"),
            within=REPAIRED_WITHIN,
        )

    assert await on.is_active(live)
    assert not await on.is_active(revoked)
    assert await eventually(lambda: published.push.redis.state.repairs == 2)
    assert published.list_of(live) == await on.statuses(key.rpartition(":")[2])
    assert await on.dump() == before


async def test_a_redis_that_is_ahead_of_the_database_is_left_alone(published: Published) -> None:
    """Threats 7: a restored database overwrites nothing; it is said, `as_of` stays, so that readers stop to believe."""
    live, _ = await pair(published)
    published.client.hset(published.meta_key, "version", 1_000)
    state = published.push.redis.state

    def is_said() -> bool:
        published.push.redis.wake()
        return state.failing == "Redis is ahead of the database"

    assert await eventually(is_said)
    as_of = published.meta()["as_of"]
    await published.deployment.revoke(live.token)
    await published.push.redis.follow()
    await published.push.redis.follow()

    assert published.meta()["version"] == "1000"
    assert published.meta()["as_of"] == as_of
    published.client.delete(published.meta_key)  # the operator says: nonsense
    assert await published.comes_to_say(live, "refuse")
    assert await eventually(lambda: state.failing is None)


async def test_a_late_write_of_a_stalled_replica_changes_nothing(published: Published) -> None:
    """Threats 6: whatever it sends, older than what is there, is refused by the script."""
    on, client = published.deployment, published.client
    live, _ = await pair(published)
    feed = RevocationFeed(on.storage)
    await feed.follow()
    copies = ListCopies(on.storage, feed)
    await copies.follow()
    stalled = RedisLists(
        on.settings.redis_url, feed, copies, Notes(on.storage, lambda: 0), issuer=on.settings.issuer
    )
    await on.revoke(live.token)
    assert await published.comes_to_say(live, "refuse")
    before = {key: client.dump(key) for key in client.keys("*") if key.decode() != published.meta_key}
    meta = published.meta()

    answers = [
        await stalled._order(write, feed.standing, lists=copies.ids, since=feed.standing.position)
        for write in ("all", "some", "changes")
    ]
    await stalled.follow()
    await stalled.close()

    assert [answer.outcome for answer in answers] == ["newer", "moved", "newer"]
    assert {key: client.dump(key) for key in before} == before
    assert int(published.meta()["as_of"]) >= int(meta["as_of"])
    assert published.meta()["version"] == meta["version"]
    assert stalled.state.version == 0


async def test_the_script_turns_no_revocation_back(published: Published) -> None:
    """R2, R9: INVALID is final even for who brings a newer revision that says otherwise; SUSPENDED is not."""
    live, revoked = await pair(published)
    publisher, standing = published.push.redis, published.push.feed.standing
    epoch, revision = standing.position
    list_id = place(live)[0].rpartition("/")[2]
    outcomes = []

    for status in (2, 0):
        position, since = Position(epoch, revision + 1), Position(epoch, revision)
        entries = {list_id: [(place(live)[1], status), (place(revoked)[1], status)]}
        change = Change(position, json.dumps({"lists": entries}))
        answer = await publisher._order(
            "changes",
            standing._replace(position=position),
            lists=publisher._copies.ids,
            since=since,
            changes=[change],
        )
        revision += 1
        outcomes.append(
            (answer.outcome, *(published.list_of(each).read(place(each)[1]) for each in (live, revoked)))
        )

    assert outcomes == [("done", 2, 1), ("done", 0, 1)]


@pytest.fixture
async def publisher(on: Deployment, own_redis: RedisServer, tmp_path: Path):
    """With a Redis that the test may break."""
    async with publishing(on, own_redis.url, tmp_path) as published:
        yield published


def stop(server: RedisServer) -> None:
    server.stop()


def freeze(server: RedisServer) -> None:
    server.pause()


def fill(server: RedisServer) -> None:
    server.ask("CONFIG", "SET", "maxmemory", "1")


def demote(server: RedisServer) -> None:
    server.ask("REPLICAOF", "127.0.0.1", "1")


def mend(server: RedisServer) -> None:
    server.start()
    server.ask("CONFIG", "SET", "maxmemory", "0")
    server.ask("REPLICAOF", "NO", "ONE")


@pytest.mark.parametrize("break_it", [stop, freeze, fill, demote], ids=lambda break_it: break_it.__name__)
async def test_a_broken_redis_harms_nothing_and_catches_up(
    publisher: Published, own_redis: RedisServer, break_it
) -> None:
    """R57, R58, F15, F18, F19: everything works meanwhile and nothing is lost; it is said, and it stays ready."""
    on = publisher.deployment
    live, revoked = await pair(publisher)
    redis_state = publisher.push.redis.state

    break_it(own_redis)
    tokens = [await on.token() for _ in range(3)]
    await on.revoke(tokens[0].token)
    noticed = await eventually(lambda: redis_state.failing is not None)
    health = await on.services.readiness()
    answers = [await on.is_active(issued) for issued in (*tokens, live, revoked)]
    mend(own_redis)
    drained = await eventually(
        lambda: publisher.says(tokens[0]) == "refuse" and publisher.says(live) == "valid"
    )

    assert noticed
    assert health.ready
    assert health.beside["redis"] not in {"", "ok"}
    assert answers == [False, True, True, True, False]
    assert drained
    assert [publisher.says(issued) for issued in (tokens[1], revoked)] == ["valid", "refuse"]
    assert await eventually(lambda: redis_state.failing is None)
    assert (await on.services.readiness()).beside == {"redis": "ok"}
