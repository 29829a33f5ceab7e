"""The signed status lists: honest about their age, the same at every replica, and there without the database."""

import asyncio
import itertools
from contextlib import asynccontextmanager

import pytest

from service.application.ports import Transaction
from service.application.status_lists import StatusListTokens
from service.domain.errors import StorageUnavailable
from service.domain.permutation import CAPACITY
from service.storage import Database
from tests.application.deployment import Deployment, claims_of

LIST_SIZE = 2**17
TICK = 30


def list_of(issued: object) -> str:
    return claims_of(issued)["status"]["status_list"]["uri"].rpartition("/")[2]


def index_of(issued: object) -> int:
    return claims_of(issued)["status"]["status_list"]["idx"]


class Counting:
    """The storage, which counts the snapshots that are taken of it, and can be cut off."""

    def __init__(self, storage: Database) -> None:
        self._storage = storage
        self.snapshots = 0
        self.cut_off = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._storage, name)

    @asynccontextmanager
    async def snapshot(self) -> object:
        self.snapshots += 1
        if self.cut_off:
            raise StorageUnavailable("cut off")
        async with self._storage.snapshot() as snap:
            yield snap


def watched(on: Deployment) -> tuple[StatusListTokens, Counting]:
    """The lists of this deployment over a storage that is counted."""
    original = on.services.status_lists
    storage = Counting(on.storage)
    lists = StatusListTokens(
        storage,
        on.services.current,
        original._history,
        issuer=on.settings.issuer,
        times=original._times,
        clock=on.clock,
    )
    return lists, storage


async def test_a_list_is_whole_and_guarded(opened: Deployment) -> None:
    """2^17 entries of two bits, first and last byte 0x55, all else valid but for what was revoked or paused."""
    live, revoked, paused = await opened.token(), await opened.token(), await opened.token()
    await opened.revoke(revoked.token)
    await opened.edit(paused.token, suspended=True)

    signed = await opened.signed_list(claims_of(live)["status"]["status_list"]["uri"])

    packed = signed.statuses.packed
    assert (len(packed), packed[0], packed[-1]) == (LIST_SIZE // 4, 0x55, 0x55)
    statuses = signed.statuses.unpack()
    expected = {index_of(revoked): 1, index_of(paused): 2, **dict.fromkeys([0, 1, 2, 3], 1)}
    expected |= dict.fromkeys(range(LIST_SIZE - 4, LIST_SIZE), 1)
    assert {index: status for index, status in enumerate(statuses) if status} == expected
    assert (signed.exp - signed.iat, signed.ttl) == (900, 60)


async def test_indexes_tell_nothing_of_the_order(opened: Deployment) -> None:
    """A keyed permutation: neighbours in time are no neighbours in the list (threats 35)."""
    owner = await opened.user()
    indexes = [index_of(await opened.token(owner)) for _ in range(40)]

    steps = [abs(b - a) for a, b in itertools.pairwise(indexes)]
    assert min(indexes) >= 4
    assert max(indexes) < LIST_SIZE - 4
    assert sum(step < 100 for step in steps) < 5


async def test_a_list_shows_a_revocation_as_soon_as_it_is_followed(opened: Deployment) -> None:
    """Its version rises with its own changes; its tag changes with its bytes."""
    issued, other = await opened.token(), await opened.token()
    lists = opened.services.status_lists
    first = await lists.token(list_of(issued))

    await opened.revoke(issued.token)
    await lists.follow()
    second = await lists.token(list_of(issued))

    assert second.version > first.version
    assert second.etag != first.etag
    assert await opened.status(issued) == 1
    assert await opened.status(other) == 0


async def test_nothing_new_is_nothing_signed(opened: Deployment) -> None:
    """Within a tick the same bytes and the same tag, however often it is followed."""
    issued = await opened.token()
    lists = opened.services.status_lists
    opened.clock.advance(TICK - opened.clock() % TICK)
    first = await lists.token(list_of(issued))

    for _ in range(3):
        await opened.token()
        await lists.follow()

    assert await lists.token(list_of(issued)) == first


async def test_a_list_is_signed_anew_every_tick(opened: Deployment) -> None:
    """At least every 30 seconds, changed or not, so that it never looks old while all is well."""
    issued = await opened.token()
    uri = claims_of(issued)["status"]["status_list"]["uri"]
    before = await opened.signed_list(uri)

    opened.clock.advance(TICK)
    await opened.services.status_lists.follow()

    after = await opened.signed_list(uri)
    assert after.iat - before.iat >= TICK
    assert after.version == before.version
    assert after.statuses == before.statuses


async def test_two_processes_serve_the_same_bytes(opened: Deployment) -> None:
    """One token per list, version and tick, whoever signed it first (threats 18)."""
    issued = [await opened.token() for _ in range(6)]
    list_id = list_of(issued[0])
    async with opened.replicas() as replicas:
        for turn in range(6):
            opened.clock.advance(TICK - opened.clock() % TICK)
            await opened.revoke(issued[turn].token)
            await asyncio.gather(*(services.status_lists.follow() for services in replicas))
            served = await asyncio.gather(
                *(services.status_lists.token(list_id) for services in replicas * 3)
            )

            assert len({(each.body, each.etag, each.version, each.tick) for each in served}) == 1
    assert await opened.count("signed_status_list") == 1


async def test_iat_is_the_time_of_the_data_never_a_newer_one(opened: Deployment) -> None:
    """R8: a snapshot that waits before it is signed says when it was taken."""
    issued = await opened.token()
    lists, storage = watched(opened)
    taken = []
    original = storage._storage.snapshot

    @asynccontextmanager
    async def slow() -> object:
        taken.append(opened.clock())
        async with original() as snap:
            yield snap
        opened.clock.advance(20)

    storage.snapshot = slow
    served = await lists.token(list_of(issued))

    [(issued_at, expires_at)] = await opened.sql("SELECT issued_at, expires_at FROM signed_status_list")
    assert taken[0] <= issued_at < opened.clock() - 10
    assert expires_at == served.expires_at == issued_at + 900


async def test_two_thousand_readers_at_once_cost_one_look(opened: Deployment) -> None:
    """R63: at the start, and at every tick; who comes while that look is under way has the list from before."""
    issued = await opened.token()
    lists, storage = watched(opened)

    async def read_by_all() -> set[str]:
        served = await asyncio.gather(*(lists.token(list_of(issued)) for _ in range(2_000)))
        return {each.etag for each in served}

    first = await read_by_all()
    opened.clock.advance(TICK)
    second = await read_by_all()

    assert storage.snapshots == 2
    assert len(first) == 1
    assert second == first | {(await lists.token(list_of(issued))).etag}
    assert storage.snapshots == 2


async def test_a_reader_who_leaves_stops_nobody_elses_list(opened: Deployment) -> None:
    """The look is in a task of its own."""
    issued = await opened.token()
    lists, _ = watched(opened)
    readers = [asyncio.create_task(lists.token(list_of(issued))) for _ in range(3)]
    await asyncio.sleep(0)

    readers[0].cancel()

    assert await readers[1] == await readers[2] is not None


async def test_without_the_database_a_list_is_served_until_it_expires(opened: Deployment) -> None:
    """R59: unchanged, with its honest time; then refused. And a failing database is asked once a tick."""
    issued = await opened.token()
    lists, storage = watched(opened)
    served = await lists.token(list_of(issued))
    storage.cut_off = True

    opened.clock.advance(5 * TICK)
    looks = storage.snapshots
    assert {(await lists.token(list_of(issued))).body for _ in range(50)} == {served.body}
    assert storage.snapshots == looks + 1

    opened.clock.advance(served.expires_at - opened.clock())
    with pytest.raises(StorageUnavailable):
        await lists.token(list_of(issued))
    storage.cut_off = False
    assert (await lists.token(list_of(issued))).expires_at > served.expires_at


async def test_following_goes_on_after_a_failure(opened: Deployment) -> None:
    """A change that could not be shown is not forgotten."""
    issued = await opened.token()
    lists, storage = watched(opened)
    before = await lists.token(list_of(issued))
    await opened.revoke(issued.token)
    storage.cut_off = True
    with pytest.raises(StorageUnavailable):
        await lists.follow()

    storage.cut_off = False
    await lists.follow()

    assert (await lists.token(list_of(issued))).version > before.version


async def test_lists_that_did_not_change_are_not_looked_at(opened: Deployment) -> None:
    """Each list has its own version: one busy list does not make the others be read every second."""
    issued = await opened.token()
    await _fill_up(opened)
    other = await opened.token()
    assert list_of(issued) != list_of(other)
    lists, storage = watched(opened)
    opened.clock.advance(TICK - opened.clock() % TICK)
    for each in (issued, other):
        await lists.token(list_of(each))
    await opened.revoke(other.token)
    await lists.follow()
    looks = storage.snapshots

    for _ in range(5):
        await lists.follow()

    assert storage.snapshots == looks


async def _fill_up(on: Deployment) -> None:
    """Hand out every index that the present list has left."""
    [(used,)] = await on.sql("SELECT value FROM head WHERE name = 'index'")
    async with on.storage.transaction() as tx:
        await _allocate(tx, CAPACITY - used % CAPACITY)


async def _allocate(tx: Transaction, count: int) -> None:
    await tx.status_lists.allocate(count, new_list_id="a" * 32, now=0)


async def test_a_full_list_opens_another_and_closes_what_was_never_used(opened: Deployment) -> None:
    """Threats 7: an index without a value refuses, once none will be handed out any more."""
    issued = await opened.token()
    await _fill_up(opened)

    other = await opened.token()

    assert list_of(other) != list_of(issued)
    assert await opened.services.status_lists.ids() == [list_of(issued), list_of(other)]
    full = (await opened.statuses(list_of(issued))).unpack()
    fresh = (await opened.statuses(list_of(other))).unpack()
    assert full[index_of(issued)] == 0
    assert full.count(0) == 1
    assert fresh.count(0) == CAPACITY
    assert [await opened.is_active(each) for each in (issued, other)] == [True, True]


async def test_a_batch_may_lie_in_two_lists(opened: Deployment) -> None:
    """Each token names the list that its index is in."""
    owner = await opened.user()
    issued = await opened.token(owner)
    await _fill_up(opened)
    await opened.sql("UPDATE head SET value = value - 3 WHERE name = 'index'")

    made = await asyncio.gather(*(opened.token(owner) for _ in range(8)))

    lists = [list_of(each) for each in made]
    assert sorted(lists.count(each) for each in set(lists)) == [3, 5]
    assert lists.count(list_of(issued)) == 3
    assert [await opened.fresh_status(each) for each in made] == [0] * 8


async def test_there_is_no_list_that_is_not_there(opened: Deployment) -> None:
    """And asking for it leaves nothing behind."""
    lists = opened.services.status_lists

    assert await lists.token("0" * 32) is None
    await asyncio.sleep(0)  # whoever ran for it is put away
    assert (lists._served, len(lists._renewals), lists._tried) == ({}, 0, {})
