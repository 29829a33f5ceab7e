"""Whatever two requests do to each other, what was ended stays ended (threats 2, R17)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from keys import KeyRing, KeyState, Purpose
from service.domain.token import Token, TokenValue
from tests.conformance.direct import direct_rows
from tests.conformance.world import World, a_key, a_value, new_id

RACES = 200


async def issue_unless_disabled(world: World, owner_id: str) -> TokenValue | None:
    async with world.storage.transaction() as tx:
        owner = await tx.users.lock(owner_id)
        await tx.keys.lock()
        if owner.disabled_at is not None:
            return None
        key = (await tx.keys.load()).active(Purpose.ACCESS_TOKEN)
        [place] = await tx.status_lists.allocate(1, new_list_id=new_id(), now=5)
        token = world.next_token(owner_id)
        value = a_value(token, key.kid, place)
        await tx.tokens.add([token], [value])
    return value


async def assert_dead_and_announced(world: World, values: Sequence[TokenValue]) -> None:
    """By the truth, by the list, and told to those who listen."""
    for start in range(0, len(values), 32):
        assert None not in await world.reasons(values[start : start + 32])
    assert set(await world.statuses(values)) <= {1}
    told = await direct_rows(world.storage, "SELECT jti FROM status_change WHERE status = 1")
    assert {value.jti for value in values} == {jti for (jti,) in told}
    assert len(told) == len(values)


@pytest.mark.parametrize("disable_first", [True, False])
async def test_nothing_issued_while_its_owner_is_disabled_lives(world: World, disable_first: bool) -> None:
    """Either the token sees the disabled owner, or disabling sees the token: never neither."""
    values = []
    for _ in range(RACES // 2):
        owner = await world.add_user()
        pair = [issue_unless_disabled(world, owner.id), world.disable(owner.id)]
        outcomes = await asyncio.gather(*(reversed(pair) if disable_first else pair))
        values += [value for value in outcomes if value is not None]

    await assert_dead_and_announced(world, values)


async def compromise(world: World, kid: str) -> None:
    async with world.storage.transaction() as tx:
        version = await tx.keys.lock()
        ring = await tx.keys.load()
        keys = [key.compromised(9) if key.kid == kid else key for key in ring.keys]
        assert await tx.keys.store(KeyRing(version + 1, [*keys, a_key()]), expected_version=version)
        changes = await tx.revocations.revoke_kid(
            kid, now=await tx.now(), by="admin", reason="key_compromised"
        )
        if changes:
            await tx.status_lists.announce(changes, 5)


@pytest.mark.parametrize("compromise_first", [True, False])
async def test_nothing_signed_while_its_key_is_compromised_lives(
    world: World, compromise_first: bool
) -> None:
    """Creation and compromise hold the key set in turn: a value of the old key never slips through (K4, R29)."""
    values = []
    for _ in range(RACES // 4):
        kid = await active_kid(world)
        pair = [issue_unless_disabled(world, world.owner), compromise(world, kid)]
        values += await asyncio.gather(*(reversed(pair) if compromise_first else pair))

    last = await active_kid(world)
    await assert_dead_and_announced(world, [value for value in values if value and value.kid != last])


async def active_kid(world: World) -> str:
    async with world.storage.reading() as read:
        return (await read.keys.load()).active(Purpose.ACCESS_TOKEN).kid


async def test_a_revocation_and_a_regeneration_leave_no_live_value(world: World) -> None:
    """Whoever comes second sees what the first one did: no new value under a revoked record."""
    for _ in range(RACES // 10):
        token, value = await world.issue()

        await asyncio.gather(regenerate(world, token), world.revoke(token.id))

        async with world.storage.reading() as read:
            assert await read.tokens.live_values(token.id) == []
        assert await world.reasons([value]) == ["revoked"]


async def regenerate(world: World, token: Token) -> None:
    async with world.storage.transaction() as tx:
        await tx.users.lock(token.owner_id)
        await tx.keys.lock()
        held = await tx.tokens.lock(token.id)
        if held.revoked_at is not None:
            return
        [place] = await tx.status_lists.allocate(1, new_list_id=new_id(), now=5)
        renewed = replace(held, jti=new_id())
        ended = await tx.revocations.revoke_values(token.id, now=await tx.now())
        await tx.tokens.change(renewed)
        await tx.tokens.add_value(a_value(renewed, world.kid, place))
        if ended:
            await tx.status_lists.announce(ended, 5)


async def test_two_revocations_of_the_same_records_take_turns(world: World) -> None:
    """Disabling an owner and revoking a key share no lock but the records' own: both take them in one order."""
    values = []
    for _ in range(8):
        owner = await world.add_user()
        batch = await world.issue_batch(40, owner_id=owner.id)
        values += [value for _, value in batch]

        async with world.storage.transaction() as tx:
            await tx.tokens.lock(batch[20][0].id)  # both get as far as this record, each in its own way
            both = [asyncio.create_task(world.disable(owner.id)), asyncio.create_task(revoke_kid(world))]
            await asyncio.wait(both, timeout=0.1)
        await asyncio.gather(*both)

    await assert_dead_and_announced(world, values)


async def revoke_kid(world: World) -> None:
    async with world.storage.transaction() as tx:
        await tx.keys.lock()
        changes = await tx.revocations.revoke_kid(
            world.kid, now=await tx.now(), by="admin", reason="key_compromised"
        )
        if changes:
            await tx.status_lists.announce(changes, 5)


async def test_no_two_changes_wait_for_each_other(world: World) -> None:
    """Every change takes its locks in one order: users, key set, records, values, revision, audit."""
    owners = [world.owner, *[(await world.add_user()).id for _ in range(2)]]
    families = []
    for owner in owners:
        parent, _ = await world.issue(owner_id=owner)
        families.append([parent, *[(await world.issue_child(parent, owner_id=owner))[0] for _ in range(3)]])

    async def shorten(token: Token) -> None:
        async with world.storage.transaction() as tx:
            await tx.users.lock(token.owner_id)
            await tx.tokens.lock(token.id)
            await tx.tokens.end_values_at(token.id, 9)

    async def end_shortened() -> None:
        async with world.storage.transaction() as tx:
            changes = await tx.revocations.revoke_ended(now=await tx.now(), limit=10)
            if changes:
                await tx.status_lists.announce(changes, 5)

    async def compromise_and_replace() -> None:
        async with world.storage.transaction() as tx:
            version = await tx.keys.lock()
            await tx.keys.store(KeyRing(version + 1, [world.key]), expected_version=version)
            changes = await tx.revocations.revoke_kid(world.kid, now=5, by="admin", reason="drill")
            if changes:
                await tx.status_lists.announce(changes, 5)

    for round_ in range(12):
        family = families[round_ % 3]
        await asyncio.gather(
            regenerate(world, family[0]),
            regenerate(world, family[2]),
            world.revoke(family[3].id),
            world.issue_child(families[(round_ + 1) % 3][0], owner_id=owners[(round_ + 1) % 3]),
            world.issue(owner_id=owners[(round_ + 2) % 3]),
            shorten(family[1]),
            end_shortened(),
            compromise_and_replace(),
            world.disable(owners[2]) if round_ == 6 else world.revoke(families[round_ % 2][1].id),
        )

    async with world.storage.reading() as read:
        assert (await read.heads())["revision"] > 0
    assert KeyState.ACTIVE is world.key.state
