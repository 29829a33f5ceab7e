import asyncio
import random

import pytest

from service.domain.errors import StorageUnavailable
from service.domain.token import StatusChange
from service.storage import Database
from tests.conformance.direct import direct_rows
from tests.conformance.world import Abandoned, World, a_user, abandoned, entry, new_id

ABORTS = 200


async def names(storage: Database) -> set[str]:
    return {name for (name,) in await direct_rows(storage, "SELECT name FROM users")}


async def test_leaving_by_an_exception_leaves_nothing(storage: Database) -> None:
    """Every write of the transaction is taken back, whatever tables it touched."""

    async def work(tx) -> None:
        await tx.users.add(a_user())
        await tx.clients.disable("nobody", 5)
        await tx.secrets.add("s", "sealed", "m", 5)
        await tx.audit.append([entry("did", "s")], 5)
        await tx.status_lists.allocate(5, new_list_id=new_id(), now=5)

    async with storage.reading() as read:
        before = await read.heads()
    with pytest.raises(Abandoned):
        await abandoned(storage, work)

    async with storage.reading() as read:
        assert await read.heads() == before
        assert await read.secrets.get("s") is None
        assert await read.status_lists.all() == []
    assert await names(storage) == set()


async def test_readers_see_nothing_before_the_commit_and_everything_after(storage: Database) -> None:
    """And the transaction itself sees its own writes."""
    user = a_user()
    async with storage.transaction() as tx:
        await tx.users.add(user)
        own = await tx.users.get(user.id)
        async with storage.reading() as read:
            during = await read.users.get(user.id)
        async with storage.snapshot() as snapshot:
            during_snapshot = await snapshot.users.get(user.id)

    async with storage.reading() as read:
        after = await read.users.get(user.id)
    assert (own, during, during_snapshot, after) == (user, None, None, user)


async def test_a_snapshot_stands_still_while_reading_moves_on(storage: Database) -> None:
    """One is for what must fit together, the other for what is newest."""
    user = a_user()
    async with storage.snapshot() as snapshot:
        await snapshot.heads()
        async with storage.transaction() as tx:
            await tx.users.add(user)
        seen = await snapshot.users.get(user.id)

    async with storage.reading() as read:
        assert (seen, await read.users.get(user.id)) == (None, user)


async def test_revisions_become_visible_in_their_order(world: World) -> None:
    """A reader that has seen revision n has seen all before it: none appears behind its back (R5)."""
    values = [value for _, value in await world.issue_batch(40)]
    finished = asyncio.Event()

    async def announce(value) -> None:
        async with world.storage.transaction() as tx:
            await tx.tokens.lock(value.token_id)
            change = StatusChange(list_id=value.list_id, idx=value.idx, status=2, jti=value.jti)
            await tx.status_lists.announce([change], 5)
            await tx.audit.append([entry("did", value.jti)], 5)

    async def watch() -> list[tuple[int, int]]:
        seen = []
        while not finished.is_set():
            seen += await direct_rows(
                world.storage, "SELECT coalesce(max(revision), 0), count(*) FROM status_change"
            )
        return seen

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(announce(value) for value in values))
    finished.set()

    seen = await watching
    assert all(highest == count for highest, count in seen)
    assert seen == sorted(seen)


async def test_more_transactions_than_connections_wait_their_turn(storage: Database) -> None:
    """Sixty at once: none fails, and each keeps its own answer."""

    async def add(n: int) -> str:
        user = a_user(name=f"user {n}")
        async with storage.transaction() as tx:
            await tx.users.add(user)
            return (await tx.users.get(user.id)).name

    assert await asyncio.gather(*(add(n) for n in range(60))) == [f"user {n}" for n in range(60)]


async def test_an_aborted_request_leaves_no_trace_in_the_connections(storage: Database) -> None:
    """Cancelled at any await, a transaction is whole or not there, and nobody gets another's answer (R65)."""
    chance = random.Random(7)
    loop = asyncio.get_running_loop()

    async def request(nonce: str) -> str:
        async with storage.transaction() as tx:
            await tx.users.add(a_user(name=f"{nonce} first"))
            found = await tx.users.find(f"{nonce} first")
            await tx.users.add(a_user(name=f"{nonce} second"))
        async with storage.reading() as read:
            again = await read.users.find(f"{nonce} second")
        assert again.name == f"{nonce} second"
        return found.name

    answered = set()
    for _ in range(ABORTS // 4):
        nonces = [new_id() for _ in range(4)]
        tasks = [asyncio.create_task(request(nonce)) for nonce in nonces]
        for task in tasks:
            loop.call_later(0.1 * chance.random() ** 3, task.cancel)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for nonce, outcome in zip(nonces, outcomes, strict=True):
            assert outcome == f"{nonce} first" or isinstance(outcome, asyncio.CancelledError), outcome
        answered |= {n for n, outcome in zip(nonces, outcomes, strict=True) if isinstance(outcome, str)}

    stored = await names(storage)
    whole = {name.split()[0] for name in stored}
    assert stored == {f"{nonce} {half}" for nonce in whole for half in ("first", "second")}
    assert answered <= whole
    assert 0 < len(whole) < ABORTS
    assert await request("afterwards") == "afterwards first"


async def test_a_change_cancelled_in_its_commit_is_committed(storage: Database) -> None:
    """What was asked for is done by the time the cancellation is felt; a repeat converges."""
    user = a_user()
    entered = asyncio.Event()

    async def request() -> None:
        async with storage.transaction() as tx:
            await tx.users.add(user)
            entered.set()

    task = asyncio.create_task(request())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await names(storage) == {user.name}


async def test_a_closed_storage_starts_nothing(storage: Database) -> None:
    """Shutting down answers "unavailable", not an error of the driver's."""
    await storage.close()

    for begin in (storage.transaction, storage.reading, storage.snapshot):
        with pytest.raises(StorageUnavailable):
            async with begin():
                pass
