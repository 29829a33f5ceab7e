import asyncio

import pytest

from service.domain.audit import FIRST_CHAIN, AuditEntry, chain
from service.storage import Database
from tests.conformance.direct import direct_rows
from tests.conformance.world import Abandoned, World, abandoned, entry


async def verified(storage: Database) -> int:
    """How many rows the trail has, each of them chained to the one before."""
    rows = await direct_rows(
        storage, "SELECT sequence, at, actor, action, subject, detail, chain FROM audit ORDER BY sequence"
    )
    link = FIRST_CHAIN
    for expected, (sequence, at, actor, action, subject, detail, stored) in enumerate(rows, 1):
        assert sequence == expected
        link = chain(
            link, sequence=sequence, at=at, actor=actor, action=action, subject=subject, detail=detail
        )
        assert stored == link
    return len(rows)


async def test_the_trail_about_a_subject_is_told_in_order(storage: Database) -> None:
    """Who did what to it, with the details as they were given."""
    entries = [
        AuditEntry(
            actor="user:1", action="token.created", subject="token:a", detail={"note": "ü", "n": [1, None]}
        ),
        AuditEntry(actor="user:2", action="token.created", subject="token:b"),
    ]
    async with storage.transaction() as tx:
        await tx.audit.append(entries, 5)
    async with storage.transaction() as tx:
        await tx.audit.append([AuditEntry(actor="user:1", action="token.revoked", subject="token:a")], 9)

    async with storage.reading() as read:
        about = await read.audit.about("token:a")

    told = [(row["sequence"], row["at"], row["actor"], row["action"], row["detail"]) for row in about]
    assert told == [
        (1, 5, "user:1", "token.created", {"note": "ü", "n": [1, None]}),
        (3, 9, "user:1", "token.revoked", {}),
    ]


async def test_the_chain_holds_under_concurrent_writers(storage: Database) -> None:
    """One trail: whoever writes waits for the row before its own (R56)."""

    async def write(n: int) -> None:
        async with storage.transaction() as tx:
            await tx.audit.append([entry("did", f"subject:{n}")] * (1 + n % 3), 5)

    await asyncio.gather(*(write(n) for n in range(30)))

    assert await verified(storage) == 60


async def test_an_entry_of_a_rolled_back_change_leaves_no_gap(storage: Database) -> None:
    """The record commits with its change, or neither is there."""
    with pytest.raises(Abandoned):
        await abandoned(storage, lambda tx: tx.audit.append([entry("did", "s")], 5))
    async with storage.transaction() as tx:
        await tx.audit.append([], 5)
        await tx.audit.append([entry("did", "s")], 5)

    assert await verified(storage) == 1


async def test_without_its_record_a_change_does_not_happen(world: World) -> None:
    """No record, no change: a trail that cannot be written keeps the token alive rather than unexplained (R56)."""
    token, value = await world.issue()
    async with world.storage._engine.writer() as connection:
        await connection.execute("ALTER TABLE audit RENAME TO lost")

    with pytest.raises(Exception, match=r"audit"):
        await world.revoke(token.id)

    assert await world.reasons([value]) == [None]
    async with world.storage.reading() as read:
        assert (await read.heads())["revision"] == 0


async def test_a_row_taken_out_is_noticed_before_another_is_chained(storage: Database) -> None:
    """Nothing is appended behind a gap as if there were none."""
    async with storage.transaction() as tx:
        await tx.audit.append([entry("did", "s")], 5)
    async with storage._engine.writer() as connection:
        await connection.execute("DELETE FROM audit")

    with pytest.raises(Exception, match="damaged"):
        async with storage.transaction() as tx:
            await tx.audit.append([entry("did", "s")], 5)
