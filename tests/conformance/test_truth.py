import pytest

from keys import KeyState
from service.domain.errors import StorageUnavailable
from service.storage import Database, open_storage
from tests.conformance.world import HOUR, World, new_hash, new_id


async def test_a_fresh_value_is_told_whole(world: World) -> None:
    """Introspection answers from this row alone, so every member comes back as it was recorded."""
    token, value = await world.issue(scopes=("b:view", "a"), allowed_ips=("10.0.0.0/8", "::1/128"))

    truth = (await world.storage.truth_by_hash([value.token_hash]))[value.token_hash]

    assert (truth.token_hash, truth.jti, truth.kid) == (value.token_hash, value.jti, world.kid)
    assert (truth.list_id, truth.idx, truth.expires_at) == (value.list_id, value.idx, value.expires_at)
    assert (truth.token_id, truth.owner_id, truth.reason) == (token.id, world.owner, None)
    assert truth.scopes == ("b:view", "a")
    assert truth.audiences == token.audiences
    assert truth.allowed_ips == ("10.0.0.0/8", "::1/128")


async def test_the_truth_is_the_same_by_hash_and_by_jti(world: World) -> None:
    """The way to a row never changes the verdict."""
    values = [value for _, value in await world.issue_batch(32)]
    await world.revoke(values[7].token_id)

    by_hash = await world.storage.truth_by_hash([value.token_hash for value in values])
    by_jti = await world.storage.truth_by_jti([value.jti for value in reversed(values)])

    assert {truth.jti: truth for truth in by_hash.values()} == by_jti
    assert [by_jti[value.jti].reason for value in values].count("revoked") == 1


async def test_each_ground_to_refuse_has_its_reason(world: World) -> None:
    """What a value hangs on is joined in the one statement, never copied (threats 2)."""
    _, revoked = await world.issue()
    await world.revoke(revoked.token_id)
    paused_token, paused = await world.issue()
    await world.change(paused_token, suspended_at=1, suspended_by="owner")
    _, expired = await world.issue(value={"expires_at": 2})
    _, ended = await world.issue(value={"ends_at": 2})
    other = await world.add_user()
    _, orphan = await world.issue(owner_id=other.id)
    await world.disable(other.id)

    reasons = await world.reasons([revoked, paused, expired, ended])
    assert reasons == ["revoked", "suspended", "expired", "expired"]
    assert await world.reasons([orphan]) == ["revoked"]


async def test_a_disabled_owner_refuses_even_where_no_value_was_revoked(world: World) -> None:
    """The owner's row decides by itself: a race that left a value unrevoked leaves it dead all the same."""
    _, value = await world.issue()
    async with world.storage.transaction() as tx:
        user = await tx.users.lock(world.owner)
        await tx.users.change(
            user.id, role=user.role, password_hash=None, grant=user.grant, disabled_at=await tx.now()
        )

    assert await world.reasons([value]) == ["owner_disabled"]
    assert await world.statuses([value]) == [1]


@pytest.mark.parametrize(
    ("state", "reason", "status"), [(KeyState.RETIRED, None, 0), (KeyState.COMPROMISED, "key_compromised", 1)]
)
async def test_the_key_decides_by_its_state(
    world: World, state: KeyState, reason: str | None, status: int
) -> None:
    """A retired key goes on verifying; a compromised one refuses from its commit on, all values at once."""
    _, value = await world.issue()

    await world.set_key_state(state)

    assert await world.reasons([value]) == [reason]
    assert await world.statuses([value]) == [status]


async def test_the_gravest_reason_is_told(world: World) -> None:
    """Revoked, then compromised key, disabled owner, ended parent, expired, paused: the first one counts."""
    parent, parent_value = await world.issue()
    child, value = await world.issue_child(parent)
    told = []
    await world.change(child, suspended_at=1)
    told += await world.reasons([value])
    async with world.storage.transaction() as tx:
        await tx.tokens.end_values_at(child.id, 2)
    told += await world.reasons([value])
    async with world.storage.transaction() as tx:
        await tx.tokens.end_values_at(parent.id, 2)
    told += await world.reasons([value])
    async with world.storage.transaction() as tx:
        user = await tx.users.lock(world.owner)
        await tx.users.change(user.id, role=user.role, password_hash=None, grant=user.grant, disabled_at=2)
    told += await world.reasons([value])
    await world.set_key_state(KeyState.COMPROMISED)
    told += await world.reasons([value])
    await world.revoke(child.id)
    told += await world.reasons([value])

    assert told == [
        "suspended",
        "expired",
        "parent_ended",
        "owner_disabled",
        "key_compromised",
        "revoked",
    ]
    assert parent_value.jti == child.parent_jti


async def test_a_child_dies_with_its_parent_and_with_the_value_that_made_it(world: World) -> None:
    """After a leak the owner regenerates the parent; what the thief made with the old value ends (threats 11)."""
    by_record, _ = await world.issue()
    _, first = await world.issue_child(by_record)
    await world.change(by_record, revoked_at=5, revoked_by="owner", revoke_reason="asked")
    by_value, _ = await world.issue()
    _, second = await world.issue_child(by_value)
    async with world.storage.transaction() as tx:
        await tx.tokens.end_values_at(by_value.id, 2)
    paused, _ = await world.issue()
    _, third = await world.issue_child(paused)
    await world.change(paused, suspended_at=5)
    unmade, _ = await world.issue()
    _, fourth = await world.issue(parent_id=unmade.id, parent_jti=new_id())

    values = [first, second, third, fourth]
    assert await world.reasons(values) == ["parent_ended", "parent_ended", "suspended", "parent_ended"]
    assert await world.statuses(values) == [1, 1, 2, 1]


async def test_a_value_ends_exactly_at_its_exp(world: World, offset) -> None:
    """At `exp` it is over, by the database's clock (RFC 7519 section 4.1.4)."""
    async with world.storage.reading() as read:
        now = await read.now()
    _, value = await world.issue(value={"expires_at": now + HOUR})

    offset.seconds = HOUR - 60
    assert await world.reasons([value]) == [None]
    offset.seconds = HOUR
    assert await world.reasons([value]) == ["expired"]


async def test_odd_keys_are_unknown_and_disturb_nobody(world: World) -> None:
    """One NUL, surrogate or giant in a batch must not fail those who share the statement (threats 1)."""
    _, value = await world.issue()
    odd = ["\0", "\ud800", "", "x" * 10_000, "'; --", value.token_hash.swapcase(), new_hash(), "%"]

    truths = await world.storage.truth_by_hash([*odd, value.token_hash])

    assert list(truths) == [value.token_hash]
    assert await world.storage.truth_by_jti([*odd, value.jti.upper(), value.jti[:31]]) == {}


async def test_a_batch_larger_than_the_statement_is_refused(storage: Database) -> None:
    """Silently cut, it would call the thirty-third token unknown."""
    with pytest.raises(ValueError, match="at most 32"):
        await storage.truth_by_hash([new_hash() for _ in range(33)])


async def test_the_same_key_twice_is_one_answer(world: World) -> None:
    """Answers are matched by key, never by position."""
    _, value = await world.issue()

    truths = await world.storage.truth_by_hash([value.token_hash, value.token_hash])

    assert [truth.jti for truth in truths.values()] == [value.jti]


async def test_an_uncommitted_revocation_is_not_yet_true_and_a_committed_one_is(world: World) -> None:
    """The truth connection sees every commit from its acknowledgement on, and nothing before (R1)."""
    token, value = await world.issue()
    async with world.storage.transaction() as tx:
        await tx.tokens.lock(token.id)
        await tx.revocations.revoke_token(token.id, now=await tx.now(), by="owner", reason="asked")
        before = await world.reasons([value])

    assert before == [None]
    assert await world.reasons([value]) == ["revoked"]


async def test_identifiers_are_compared_with_their_case(world: World) -> None:
    """Two hashes that differ in case alone are two values; an engine that folds them mixes tokens up."""
    _, lower = await world.issue(value={"token_hash": "a" * 43})
    _, upper = await world.issue(value={"token_hash": "A" * 43})

    truths = await world.storage.truth_by_hash(["a" * 43, "A" * 43])

    assert truths["a" * 43].jti == lower.jti
    assert truths["A" * 43].jti == upper.jti


async def test_a_hash_of_digits_stays_text(world: World) -> None:
    """A column that guesses types turns '00123' into 123."""
    _, value = await world.issue(value={"token_hash": "0" * 42 + "1"})

    assert list(await world.storage.truth_by_hash([value.token_hash])) == ["0" * 42 + "1"]


async def test_after_close_nothing_is_told(url: str) -> None:
    """A storage that is gone is unknown truth, not an unknown token."""
    closed = await open_storage(url)
    await closed.migrate()
    await closed.close()

    with pytest.raises(StorageUnavailable):
        await closed.truth_by_hash([new_hash()])
