import asyncio
import json

import pytest

from keys import KeyRing, KeyState, Purpose, open_signer
from service.storage import Database
from tests.conformance.direct import direct_rows
from tests.conformance.world import MASTERS, World, a_key


async def load(storage: Database) -> KeyRing:
    async with storage.reading() as read:
        return await read.keys.load()


async def store(storage: Database, ring: KeyRing, expected: int) -> bool:
    async with storage.transaction() as tx:
        return await tx.keys.store(ring, expected_version=expected)


async def test_the_ring_is_empty_at_first(storage: Database) -> None:
    """A first start sees version 0, and reading it makes no key (R28)."""
    assert await load(storage) == KeyRing(0)
    assert await load(storage) == KeyRing(0)


async def test_a_ring_comes_back_as_it_was_stored(storage: Database) -> None:
    """Keys of every state and purpose, with all their times."""
    keys = [
        a_key(),
        a_key(active=False),
        a_key(Purpose.STATUS_LIST),
        a_key().retired(5),
        a_key().retired(5).without_private(6),
        a_key().retired(5).without_private(6).removed(7),
        a_key().compromised(8),
    ]

    assert await store(storage, KeyRing(1, keys), 0)

    assert await load(storage) == KeyRing(1, keys)


async def test_a_key_still_signs_after_a_round_trip(storage: Database) -> None:
    """What comes back opens under the master key and signs for its published half: not just equal fields."""
    key = a_key()
    await store(storage, KeyRing(1, [key]), 0)

    stored = (await load(storage)).active(Purpose.ACCESS_TOKEN)

    from safeconduct.algorithms import ALGORITHMS

    signature = open_signer(stored, MASTERS).sign(b"header.payload")
    jws = ALGORITHMS["ES256"].jws
    public_key = jws.from_jwk(json.dumps(dict(key.public_jwk)))
    assert jws.verify(b"header.payload", public_key, signature)
    assert not jws.verify(b"header.payl0ad", public_key, signature)


async def test_a_destroyed_private_part_is_gone_from_the_database(storage: Database) -> None:
    """Overwritten in its row, not left beside it (K12)."""
    key = a_key()
    await store(storage, KeyRing(1, [key]), 0)

    await store(storage, KeyRing(2, [key.retired(5).without_private(6)]), 1)

    rows = await direct_rows(storage, "SELECT sealed_private, master_id FROM signing_key")
    assert rows == [(None, None)]


async def test_of_eight_rotations_from_one_version_one_succeeds(storage: Database) -> None:
    """Two replicas that rotate at once make one rotation (R24, K16); losing is a normal answer."""
    before = a_key()
    await store(storage, KeyRing(1, [before]), 0)
    successors = [a_key() for _ in range(8)]

    outcomes = await asyncio.gather(
        *(store(storage, KeyRing(2, [before.retired(5), key]), 1) for key in successors)
    )

    ring = await load(storage)
    assert outcomes.count(True) == 1
    assert ring == KeyRing(2, [before.retired(5), successors[outcomes.index(True)]])


async def test_two_active_keys_of_a_purpose_cannot_be_stored(storage: Database) -> None:
    """The database itself refuses what a ring cannot hold (K1)."""
    await store(storage, KeyRing(1, [a_key()]), 0)

    with pytest.raises(Exception, match=r"(?i)unique"):
        await store(storage, KeyRing(2, [a_key()]), 1)

    assert (await load(storage)).version == 1


async def test_a_successor_takes_over_in_one_step(storage: Database) -> None:
    """Whatever the order of their names, the old key makes room before the new one becomes active."""
    ring = KeyRing(1, [a_key()])
    await store(storage, ring, 0)

    for version in range(1, 9):
        kept = [key.retired(5) if key.state is KeyState.ACTIVE else key for key in ring.keys]
        ring = KeyRing(version + 1, [*kept, a_key()])
        assert await store(storage, ring, version)

    assert await load(storage) == ring


async def test_locking_the_key_set_tells_its_version_and_moves_nothing(world: World) -> None:
    """A batch of new tokens holds the set still; it does not change it."""
    async with world.storage.transaction() as tx:
        assert [await tx.keys.lock(), await tx.keys.lock()] == [1, 1]

    assert (await load(world.storage)).version == 1


async def test_a_key_is_pinned_by_the_latest_exp_of_its_unrevoked_values(world: World) -> None:
    """A key leaves the JWKS when no token needs it any more, expired ones counted until after their exp (R26)."""
    other = a_key().retired(5)
    await store(world.storage, KeyRing(2, [world.key, other]), 1)
    _, value = await world.issue(expires_at=5_000_000_000)
    await world.issue()
    revoked, _ = await world.issue(expires_at=6_000_000_000)
    await world.revoke(revoked.id)
    await world.issue(expires_at=7, value={"kid": other.kid})

    async with world.storage.reading() as read:
        assert await read.keys.latest_exp_by_kid() == {world.kid: value.expires_at, other.kid: 7}
        assert await read.keys.live_by_kid() == {world.kid: 2}
