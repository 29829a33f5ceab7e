import asyncio
from collections.abc import Awaitable, Callable

import pytest

from keys import KeyRing
from service.domain.token import StatusChange, TokenValue
from service.storage.transaction import SqlTransaction
from tests.conformance.direct import direct_rows
from tests.conformance.world import HOUR, World, a_key, new_id


def invalid(*values: TokenValue) -> set[StatusChange]:
    return {StatusChange(list_id=v.list_id, idx=v.idx, status=1, jti=v.jti) for v in values}


async def done(
    world: World, revoke: Callable[[SqlTransaction, int], Awaitable[list[StatusChange]]]
) -> set[StatusChange]:
    """What one transaction that revokes says has changed."""
    async with world.storage.transaction() as tx:
        changes = await revoke(tx, await tx.now())
    assert len(set(changes)) == len(changes)
    return set(changes)


async def test_revoking_ends_the_record_and_all_its_values(world: World) -> None:
    """Nothing that was ever signed for the record is honoured afterwards."""
    token, first = await world.issue()
    async with world.storage.transaction() as tx:
        [place] = await tx.status_lists.allocate(1, new_list_id=new_id(), now=5)
        second = TokenValue(
            jti=new_id(),
            token_id=token.id,
            token_hash="b" * 43,
            kid=world.kid,
            list_id=place[0],
            idx=place[1] + 4,
            issued_at=5,
            not_before=None,
            expires_at=first.expires_at,
            ends_at=first.expires_at,
        )
        await tx.tokens.add_value(second)

    changes = await done(
        world, lambda tx, now: tx.revocations.revoke_token(token.id, now=now, by="me", reason="lost")
    )

    assert changes == invalid(first, second)
    assert await world.reasons([first, second]) == ["revoked", "revoked"]
    assert await world.statuses([first, second]) == [1, 1]


async def test_revoking_twice_keeps_the_first_time(world: World) -> None:
    """A repeat changes nothing and says so: the first time, by and reason stay (R11)."""
    token, _ = await world.issue()

    first = await done(
        world, lambda tx, _: tx.revocations.revoke_token(token.id, now=10, by="me", reason="lost")
    )
    second = await done(
        world, lambda tx, _: tx.revocations.revoke_token(token.id, now=20, by="you", reason="again")
    )

    async with world.storage.reading() as read:
        stored = await read.tokens.get(token.id)
    assert (len(first), second) == (1, set())
    assert (stored.revoked_at, stored.revoked_by, stored.revoke_reason) == (10, "me", "lost")


async def test_revoking_takes_the_children_along(world: World) -> None:
    """Records, values and status changes, one level deep; a child revoked before stays as it was."""
    parent, value = await world.issue()
    child, child_value = await world.issue_child(parent)
    early, _ = await world.issue_child(parent)
    _, stranger = await world.issue()
    await world.revoke(early.id, reason="earlier")

    changes = await done(
        world, lambda tx, now: tx.revocations.revoke_token(parent.id, now=now, by="me", reason="lost")
    )

    async with world.storage.reading() as read:
        assert (await read.tokens.get(child.id)).revoke_reason == "lost"
        assert (await read.tokens.get(early.id)).revoke_reason == "earlier"
    assert changes == invalid(value, child_value)
    assert await world.reasons([stranger]) == [None]


async def test_revoking_a_child_spares_the_parent(world: World) -> None:
    """Death goes down, never up."""
    parent, value = await world.issue()
    child, child_value = await world.issue_child(parent)

    await world.revoke(child.id)

    assert await world.reasons([value, child_value]) == [None, "revoked"]


async def test_revoking_the_values_spares_the_record(world: World) -> None:
    """Regenerate ends what was signed, and the children made by it; the record lives on with its next value."""
    parent, value = await world.issue()
    child, child_value = await world.issue_child(parent)

    changes = await done(world, lambda tx, now: tx.revocations.revoke_values(parent.id, now=now))

    async with world.storage.reading() as read:
        assert (await read.tokens.get(parent.id)).revoked_at is None
        assert (await read.tokens.get(child.id)).revoke_reason == "parent_ended"
        assert await read.tokens.live_values(parent.id) == []
    assert changes == invalid(value, child_value)
    assert await world.statuses([value, child_value]) == [1, 1]


async def test_revoking_all_of_an_owner_touches_nobody_else(world: World) -> None:
    """Disabling somebody ends exactly their tokens, also more of them than one statement names."""
    other = await world.add_user()
    values = [value for _, value in await world.issue_batch(40)]
    _, foreign = await world.issue(owner_id=other.id)
    await world.revoke(values[0].token_id)

    changes = await done(
        world,
        lambda tx, now: tx.revocations.revoke_all_of(world.owner, now=now, by="admin", reason="left"),
    )

    assert changes == invalid(*values[1:])
    assert await world.reasons(values[8:]) == ["revoked"] * 32
    assert await world.reasons([foreign]) == [None]


async def test_revoking_a_kid_ends_its_values_and_what_hangs_on_them(world: World) -> None:
    """Records whose current value it signed, their children, and older values of records that have moved on."""
    other_key = a_key().retired(2)
    async with world.storage.transaction() as tx:
        assert await tx.keys.store(KeyRing(2, [world.key, other_key]), expected_version=1)
    token, value = await world.issue()
    child, child_value = await world.issue_child(token, value={"kid": other_key.kid})
    moved_on, old = await world.issue(jti=new_id(), value={"jti": new_id()})
    _, unrelated = await world.issue(value={"kid": other_key.kid})
    expired, _ = await world.issue(expires_at=2, value={"expires_at": 2})

    changes = await done(
        world,
        lambda tx, now: tx.revocations.revoke_kid(world.kid, now=now, by="admin", reason="key_compromised"),
    )

    async with world.storage.reading() as read:
        reasons = [(await read.tokens.get(t.id)).revoke_reason for t in (token, child, moved_on, expired)]
        assert await read.keys.live_by_kid() == {other_key.kid: 1}
    assert changes == invalid(value, child_value, old)
    assert reasons == ["key_compromised", "key_compromised", None, None]
    assert await world.reasons([unrelated]) == [None]


async def test_a_kid_is_revoked_in_portions(world: World) -> None:
    """A key with many tokens is ended chunk by chunk, so that nobody else waits long (threats 21)."""
    batch = await world.issue_batch(5)
    _, old = await world.issue(jti=new_id(), value={"jti": new_id()})

    portions: list[set[StatusChange]] = []
    while not portions or portions[-1]:
        portions.append(
            await done(
                world,
                lambda tx, now: tx.revocations.revoke_kid(
                    world.kid, now=now, by="admin", reason="key_compromised", limit=2
                ),
            )
        )

    assert [len(portion) for portion in portions] == [2, 2, 2, 0]
    assert set().union(*portions) == invalid(old, *(value for _, value in batch))


async def test_values_that_the_service_ended_early_are_announced(world: World) -> None:
    """A shortened expiry reaches offline verifiers as a revocation of its own (ruling 6)."""
    token, value = await world.issue()
    _, child_value = await world.issue_child(token)
    await world.issue()
    await world.issue(expires_at=2, value={"expires_at": 2})
    async with world.storage.transaction() as tx:
        await tx.tokens.end_values_at(token.id, value.expires_at - 100)
        now = await tx.now()
    assert await done(world, lambda tx, now: tx.revocations.revoke_ended(now=now, limit=10)) == set()

    changes = await done(
        world, lambda tx, _: tx.revocations.revoke_ended(now=value.expires_at - 100, limit=10)
    )

    assert now < value.expires_at - 100
    assert changes == invalid(value, child_value)
    assert await done(world, lambda tx, now: tx.revocations.revoke_ended(now=now + HOUR, limit=10)) == set()


async def test_ended_values_come_in_bounded_portions(world: World) -> None:
    """Housekeeping never holds more than it was told to."""
    batch = await world.issue_batch(5)
    async with world.storage.transaction() as tx:
        for token, _ in batch:
            await tx.tokens.end_values_at(token.id, 9)

    portions = [
        len(await done(world, lambda tx, now: tx.revocations.revoke_ended(now=now, limit=2)))
        for _ in range(4)
    ]

    assert portions == [2, 2, 1, 0]


async def test_pausing_and_resuming_tell_the_lists(world: World) -> None:
    """The present status of each live value, of the children as well: 2 while paused, 0 again after it."""
    token, value = await world.issue()
    _, child_value = await world.issue_child(token)
    gone, _ = await world.issue_child(token)
    await world.revoke(gone.id)

    told = []
    for suspended_at in (7, None):
        await world.change(token, suspended_at=suspended_at)
        async with world.storage.reading() as read:
            told.append({change.jti: change.status for change in await read.revocations.statuses(token.id)})

    assert told == [
        {value.jti: 2, child_value.jti: 2},
        {value.jti: 0, child_value.jti: 0},
    ]


async def test_a_revocation_cannot_be_taken_back_by_any_statement(world: World) -> None:
    """INVALID is final (R2): the database itself refuses, whoever asks and however."""
    token, value = await world.issue()
    await world.revoke(token.id)
    statements = [
        "UPDATE token SET revoked_at = NULL",
        "UPDATE token SET revoked_at = 1",
        "UPDATE token_value SET revoked_at = NULL",
        "UPDATE token_value SET revoked_at = revoked_at + 1",
    ]

    for statement in statements:
        async with world.storage._engine.writer() as connection:
            with pytest.raises(Exception, match="a revocation is final"):
                await connection.execute(statement)
    with pytest.raises(Exception, match="a revocation is final"):
        await world.change(token, revoked_at=None)

    assert await world.reasons([value]) == ["revoked"]
    assert await world.statuses([value]) == [1]


async def test_the_outbox_tells_every_change_once_in_the_order_of_commits(world: World) -> None:
    """Revisions rise by one, and each change stands under the revision its caller was told."""
    batch = await world.issue_batch(12)

    revisions = await asyncio.gather(*(world.revoke(token.id) for token, _ in batch))

    rows = await direct_rows(world.storage, "SELECT revision, jti, status FROM status_change")
    told = {jti: (revision, status) for revision, jti, status in rows}
    assert sorted(revisions) == list(range(1, 13))
    assert told == {value.jti: (rev, 1) for (_, value), rev in zip(batch, revisions, strict=True)}
