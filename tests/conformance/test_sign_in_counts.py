import asyncio

from service.application.sign_in_ports import Buckets, Count
from service.domain.throttle import Failures, Standing
from service.storage import Database
from tests.conformance.direct import direct_rows
from tests.conformance.world import HOUR, World, new_hash

BUCKETS = Buckets(account="account:a", address="address:b", pair="pair:c")
STANDING = Standing(account=Failures(3, 10, 20), address=Failures(2, 15, 20), pair=Failures(1, 20, 20))


def counts_of(standing: Standing, forget_at: int) -> list[Count]:
    each = [
        (BUCKETS.account, standing.account),
        (BUCKETS.address, standing.address),
        (BUCKETS.pair, standing.pair),
    ]
    return [Count(bucket, failures, forget_at) for bucket, failures in each]


async def store(storage: Database, standing: Standing, *, lasting: int = HOUR) -> int:
    async with storage.transaction() as tx:
        now = await tx.now()
        await tx.sign_in_counts.lock(BUCKETS, now)
        await tx.sign_in_counts.write(counts_of(standing, now + lasting))
    return now


async def found(storage: Database) -> Standing:
    async with storage.reading() as read:
        return await read.sign_in_counts.find(BUCKETS)


async def test_what_was_counted_is_found(storage: Database) -> None:
    """Each bucket by itself; one that was never counted is empty."""
    assert await found(storage) == Standing()

    await store(storage, STANDING)

    assert await found(storage) == STANDING


async def test_what_is_held_is_what_is_found(storage: Database) -> None:
    """Judged once more under the lock, by the same numbers."""
    await store(storage, STANDING)

    async with storage.transaction() as tx:
        assert await tx.sign_in_counts.lock(BUCKETS, await tx.now()) == STANDING


async def test_forgotten_failures_count_no_more(storage: Database, offset) -> None:
    """By the database's clock, to the second: for those who look and for those who begin to count anew."""
    await store(storage, STANDING)
    offset.seconds = HOUR - 5
    assert await found(storage) == STANDING

    offset.seconds = HOUR

    assert await found(storage) == Standing()
    async with storage.transaction() as tx:
        held = await tx.sign_in_counts.lock(BUCKETS, await tx.now())
    assert {held.account.count, held.address.count, held.pair.count} == {0}


async def test_a_success_empties_its_own_buckets(storage: Database) -> None:
    """A network's other failures stay: only one of them is excused."""
    await store(storage, STANDING)

    async with storage.transaction() as tx:
        await tx.sign_in_counts.forget(BUCKETS.account)
        await tx.sign_in_counts.excuse(BUCKETS.address)
        await tx.sign_in_counts.forget(BUCKETS.pair)

    assert await found(storage) == Standing(address=Failures(1, 15, 20))


async def test_nobody_owes_less_than_nothing(storage: Database) -> None:
    """Excusing what was not counted, or what is not there, changes nothing."""
    await store(storage, Standing())

    async with storage.transaction() as tx:
        await tx.sign_in_counts.excuse(BUCKETS.address)
        await tx.sign_in_counts.excuse("address:nobody")
        await tx.sign_in_counts.forget("pair:nobody")

    assert await found(storage) == Standing()


async def test_attempts_at_once_are_counted_one_by_one(storage: Database) -> None:
    """Forty at once are forty: none is lost, nobody waits in a circle, and the sweep is not in the way."""

    async def attempt(number: int) -> None:
        buckets = Buckets(account="account:a", address=f"address:{number % 3}", pair=f"pair:{number % 5}")
        async with storage.transaction() as tx:
            now = await tx.now()
            standing = await tx.sign_in_counts.lock(buckets, now)
            one = Failures(standing.account.count + 1, now, now)
            await tx.sign_in_counts.write([Count(buckets.account, one, now + HOUR)])

    async def sweep() -> None:
        async with storage.transaction() as tx:
            await tx.sign_in_counts.sweep(await tx.now(), 1_000)

    for round_ in range(4):
        await asyncio.gather(*(attempt(number) for number in range(round_ * 10, round_ * 10 + 10)), sweep())

    async with storage.reading() as read:
        standing = await read.sign_in_counts.find(Buckets(account="account:a", address="", pair=""))
    assert standing.account.count == 40


async def test_the_sweep_takes_what_is_forgotten_and_no_more(storage: Database, offset) -> None:
    """So many at a time, and it tells how many, so that it can go on."""
    await store(storage, STANDING)
    async with storage.transaction() as tx:
        now = await tx.now()
        other = Buckets(account="account:x", address="address:x", pair="pair:x")
        await tx.sign_in_counts.lock(other, now)
        await tx.sign_in_counts.write([Count("account:x", Failures(1, now, now), now + 9 * HOUR)])
    offset.seconds = HOUR

    swept = []
    for _ in range(4):
        async with storage.transaction() as tx:
            swept.append(await tx.sign_in_counts.sweep(await tx.now(), 2))

    assert swept == [2, 2, 1, 0]
    assert await direct_rows(storage, "SELECT bucket FROM sign_in_count") == [("account:x",)]


async def test_an_account_knows_where_it_signed_in_from(world: World, offset) -> None:
    """Its own origins alone, each for its time; being seen again lasts longer."""
    other = await world.add_user()
    network, device, foreign = new_hash(), new_hash(), new_hash()
    async with world.storage.transaction() as tx:
        now = await tx.now()
        await tx.known_origins.know(world.owner, network, now + HOUR, most=9)
        await tx.known_origins.know(world.owner, device, now + HOUR, most=9)
        await tx.known_origins.know(other.id, foreign, now + HOUR, most=9)
        await tx.known_origins.know(world.owner, device, now + 2 * HOUR, most=9)

    async def known(user_id: str, *origins: str) -> set[str]:
        async with world.storage.reading() as read:
            return set(await read.known_origins.among(user_id, network=origins[0], device=origins[1]))

    assert await known(world.owner, network, device) == {network, device}
    assert await known(world.owner, foreign, device) == {device}
    assert await known(other.id, network, device) == set()
    assert await known("", network, "") == set()
    offset.seconds = HOUR
    assert await known(world.owner, network, device) == {device}


async def test_an_account_knows_so_many_and_no_more(world: World) -> None:
    """The oldest make room, of this account alone."""
    other = await world.add_user()
    origins = [new_hash() for _ in range(5)]
    async with world.storage.transaction() as tx:
        now = await tx.now()
        await tx.known_origins.know(other.id, origins[0], now + 1, most=3)
        for number, origin in enumerate(origins):
            await tx.known_origins.know(world.owner, origin, now + HOUR + number, most=3)

    rows = await direct_rows(world.storage, "SELECT user_id, origin FROM known_origin")
    assert set(rows) == {(other.id, origins[0]), *((world.owner, origin) for origin in origins[2:])}


async def test_origins_are_forgotten_all_at_once_or_in_their_time(world: World, offset) -> None:
    """After a one-time link nowhere is known; the sweep takes what is over."""
    other = await world.add_user()
    async with world.storage.transaction() as tx:
        now = await tx.now()
        await tx.known_origins.know(world.owner, "a", now + HOUR, most=3)
        await tx.known_origins.know(other.id, "b", now + HOUR, most=3)
        await tx.known_origins.know(other.id, "c", now + 2 * HOUR, most=3)
        await tx.known_origins.forget_all(world.owner)
    offset.seconds = HOUR
    async with world.storage.transaction() as tx:
        await tx.known_origins.sweep(await tx.now())

    assert await direct_rows(world.storage, "SELECT origin FROM known_origin") == [("c",)]
