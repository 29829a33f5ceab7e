import asyncio

import pytest

from service.domain.permutation import CAPACITY
from service.domain.status_list import SignedList
from service.domain.token import StatusChange
from service.storage import Database
from tests.conformance.world import HOUR, Abandoned, World, abandoned, new_id


async def allocate(storage: Database, count: int) -> list[tuple[str, int]]:
    async with storage.transaction() as tx:
        return await tx.status_lists.allocate(count, new_list_id=new_id(), now=5)


async def test_counters_rise_from_zero_in_one_list(storage: Database) -> None:
    """The first list opens by itself, and a portion comes in one piece."""
    first = await allocate(storage, 2)
    second = await allocate(storage, 1)

    [list_id] = {list_id for list_id, _ in first + second}
    assert [counter for _, counter in first + second] == [0, 1, 2]
    async with storage.reading() as read:
        assert await read.status_lists.all() == [list_id]


async def test_no_index_is_handed_out_twice_under_a_race(storage: Database) -> None:
    """Two tokens with one index would share one fate (R10): 4 tasks take 500 each."""

    async def take() -> list[tuple[str, int]]:
        return [place for _ in range(100) for place in await allocate(storage, 5)]

    places = [place for taken in await asyncio.gather(*(take() for _ in range(4))) for place in taken]

    assert len(places) == len(set(places)) == 2_000
    assert len({list_id for list_id, _ in places}) == 1


async def test_an_index_of_a_rolled_back_transaction_is_free_again(storage: Database) -> None:
    """What was never committed was never signed for anybody; no gap stays in a full list."""
    with pytest.raises(Abandoned):
        await abandoned(storage, lambda tx: tx.status_lists.allocate(3, new_list_id=new_id(), now=5))

    assert [counter for _, counter in await allocate(storage, 1)] == [0]
    async with storage.reading() as read:
        assert len(await read.status_lists.all()) == 1


async def test_a_full_list_is_followed_by_a_new_one(storage: Database) -> None:
    """The portion that overflows is cut between the two, and every list is used to its last index."""
    first = await allocate(storage, CAPACITY - 1)
    second = await allocate(storage, 3)
    third = await allocate(storage, 1)

    full, new = first[0][0], second[-1][0]
    assert first == [(full, counter) for counter in range(CAPACITY - 1)]
    assert second == [(full, CAPACITY - 1), (new, 0), (new, 1)]
    assert third == [(new, 2)]
    assert full != new
    with pytest.raises(ValueError, match="at once"):
        await allocate(storage, CAPACITY + 1)


async def test_an_unused_index_reads_valid_until_its_list_is_full(world: World) -> None:
    """Then nothing without a live value is believed: expired, purged or never used alike."""
    live, expired, revoked, paused = [value for _, value in await world.issue_batch(4)]
    await world.revoke(revoked.token_id)
    async with world.storage.reading() as read:
        tokens = [await read.tokens.get(value.token_id) for value in (expired, paused)]
    await world.change(tokens[1], suspended_at=5)
    _, old = await world.issue(expires_at=2, value={"expires_at": 2})
    values = [live, old, revoked, paused]
    open_statuses = await world.statuses(values)
    async with world.storage.snapshot() as tx:
        [list_id] = await tx.status_lists.all()
        open_list = await tx.status_lists.snapshot(list_id)

    await allocate(world.storage, CAPACITY - 5)

    async with world.storage.snapshot() as tx:
        closed = await tx.status_lists.snapshot(list_id)
    assert open_statuses == [0, 0, 1, 2]
    assert dict(open_list.entries) == {revoked.idx: 1, paused.idx: 2}
    assert (open_list.unlisted, closed.unlisted) == (0, 1)
    assert await world.statuses(values) == [0, 1, 1, 2]
    assert dict(closed.entries) == {live.idx: 0, expired.idx: 0, paused.idx: 2}


async def test_the_list_and_the_truth_agree_on_every_value(world: World) -> None:
    """Offline and online verifiers read one state: refused by the truth is 1 or 2 in the list, and back."""
    cases = {
        "live": await world.issue(),
        "lasting": await world.issue(expires_at=None),
        "paused": await world.issue(suspended_at=5),
        "ended": await world.issue(value={"ends_at": 9}),
        "revoked": await world.issue(),
        "value": await world.issue(value={"revoked_at": 9}),
        "record": await world.issue(revoked_at=9),
    }
    await world.revoke(cases["revoked"][0].id)
    cases |= {f"child of {name}": await world.issue_child(token) for name, (token, _) in list(cases.items())}
    values = [value for _, value in cases.values()]

    reasons = dict(zip(cases, await world.reasons(values), strict=True))
    statuses = dict(zip(cases, await world.statuses(values), strict=True))

    assert {name for name, reason in reasons.items() if reason is None} == {
        "live",
        "lasting",
        "child of live",
        "child of lasting",
    }
    expected = {name: {None: 0, "suspended": 2}.get(reason, 1) for name, reason in reasons.items()}
    assert statuses == expected


async def test_announcing_raises_the_revision_and_marks_the_lists(world: World) -> None:
    """Who asks what changed since a revision gets the lists to sign anew, and no others."""
    _, value = await world.issue()
    change = StatusChange(list_id=value.list_id, idx=value.idx, status=2, jti=value.jti)
    await allocate(world.storage, CAPACITY)

    async with world.storage.transaction() as tx:
        first = await tx.status_lists.announce([change], 5)
    async with world.storage.transaction() as tx:
        second = await tx.status_lists.announce([], 5)

    async with world.storage.reading() as read:
        assert len(await read.status_lists.all()) == 2
        assert await read.status_lists.changed_since(0) == [value.list_id]
        assert await read.status_lists.changed_since(first) == []
        assert (await read.heads())["revision"] == second == first + 1


async def test_a_snapshot_is_honest_about_its_time_and_revision(world: World) -> None:
    """A change committed after the snapshot began is neither in it nor covered by its time and version (R8)."""
    token, value = await world.issue()
    async with world.storage.snapshot() as tx:
        begun_at = await tx.now()
        heads = await tx.heads()

        revision = await world.revoke(token.id)

        snapshot = await tx.status_lists.snapshot(value.list_id)
        statuses = [await tx.tokens.live_values(token.id), (await tx.heads())["revision"]]

    assert snapshot.entries == []
    assert (snapshot.version, statuses) == (heads["revision"], [[value], heads["revision"]])
    assert snapshot.version < revision
    assert snapshot.as_of <= begun_at
    assert await world.statuses([value]) == [1]


async def test_the_time_of_a_snapshot_does_not_move_while_it_lasts(world: World, offset) -> None:
    """However long a list takes to read, its time is that of the data."""
    _, value = await world.issue()
    async with world.storage.snapshot() as tx:
        first = await tx.status_lists.snapshot(value.list_id)
        offset.seconds = HOUR
        second = await tx.status_lists.snapshot(value.list_id)

    assert second.as_of == first.as_of


async def test_an_unknown_list_has_no_snapshot_and_no_token(storage: Database) -> None:
    """Neither is made up."""
    async with storage.snapshot() as tx:
        assert await tx.status_lists.snapshot(new_id()) is None
        assert await tx.status_lists.signed(new_id()) is None


def signed(list_id: str, version: int, tick: int, token: str = "t") -> SignedList:
    return SignedList(list_id=list_id, version=version, tick=tick, token=token, issued_at=5, expires_at=9)


async def test_a_published_list_is_replaced_by_a_newer_one_only(world: World) -> None:
    """By (version, tick): an older list, or another of the same age, never takes its place (R9)."""
    _, value = await world.issue()
    ages = [(2, 5), (2, 5), (1, 9), (2, 4), (2, 6), (3, 0)]

    outcomes = []
    for number, age in enumerate(ages):
        async with world.storage.transaction() as tx:
            outcomes.append(await tx.status_lists.publish(signed(value.list_id, *age, token=str(number))))

    assert outcomes == [True, False, False, False, True, True]
    async with world.storage.reading() as read:
        assert await read.status_lists.signed(value.list_id) == signed(value.list_id, 3, 0, token="5")


async def test_of_replicas_that_sign_at_once_one_publishes(world: World) -> None:
    """All of them then serve the same bytes."""
    _, value = await world.issue()

    async def publish(n: int) -> bool:
        async with world.storage.transaction() as tx:
            return await tx.status_lists.publish(signed(value.list_id, 1, 1, token=f"by {n}"))

    outcomes = await asyncio.gather(*(publish(n) for n in range(8)))

    async with world.storage.reading() as read:
        served = await read.status_lists.signed(value.list_id)
    assert outcomes.count(True) == 1
    assert served.token == f"by {outcomes.index(True)}"
