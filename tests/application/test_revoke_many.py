"""Revoke many: each record's fate is told, in chunks that other revocations get past."""

import asyncio

import pytest

from service.application import revoke_many
from service.application.revoke_many import Outcome
from service.domain.token_filter import TokenFilter
from service.domain.user import User
from tests.application.deployment import DAY, Deployment

INVALID = 1


async def by_ids(opened: Deployment, ids: list[str], **members: object) -> dict[str, Outcome]:
    defaults = {"owner_id": None, "actor": "user:root", "reason": "leak"}
    return dict(await opened.services.revoke_many.by_ids(ids, **defaults | members))


async def by_filter(opened: Deployment, *, dry_run: bool = False, **which: object) -> dict[str, Outcome]:
    return dict(
        await opened.services.revoke_many.by_filter(
            TokenFilter(**which), actor="user:root", reason="leak", dry_run=dry_run
        )
    )


async def test_what_happened_is_told_of_each(opened: Deployment) -> None:
    """Revoked, revoked before, not there: introspection and the next lists agree (R1)."""
    live, dead = await opened.token(), await opened.token()
    await opened.revoke(dead.token, reason="first")

    outcomes = await by_ids(opened, [live.token.id, dead.token.id, "f" * 32])

    assert outcomes == {
        live.token.id: Outcome.REVOKED,
        dead.token.id: Outcome.ALREADY_REVOKED,
        "f" * 32: Outcome.NOT_FOUND,
    }
    assert not await opened.is_active(live)
    assert await opened.fresh_status(live) == INVALID
    rows = await opened.sql("SELECT revoke_reason FROM token ORDER BY revoke_reason")
    assert rows == [("first",), ("leak",)]


async def test_each_is_written_down_by_itself(opened: Deployment) -> None:
    """The audit of one token tells its end, whatever else ended with it; a repeat too (threats 8)."""
    owner = await opened.user()
    tokens = [(await opened.token(owner)).token for _ in range(3)]
    ids = [token.id for token in tokens]

    await by_ids(opened, ids)
    await by_ids(opened, ids)

    for token_id in ids:
        trail = await opened.audit(f"token:{token_id}")
        assert trail == ["token.created", "token.revoked", "token.revoked_again"]
    assert await opened.sql("SELECT DISTINCT revision FROM status_change") == [(1,)]


async def test_an_owner_ends_none_but_their_own(opened: Deployment) -> None:
    """Somebody else's token is as little there as one that does not exist."""
    ann = await opened.user()
    own, others = await opened.token(ann), await opened.token()

    outcomes = await by_ids(opened, [own.token.id, others.token.id], owner_id=ann.id)
    filtered = await by_filter(opened, owner_id=ann.id)

    assert outcomes == {own.token.id: Outcome.REVOKED, others.token.id: Outcome.NOT_FOUND}
    assert filtered == {}
    assert await opened.is_active(others)


async def test_a_dry_run_tells_the_same_and_changes_nothing(opened: Deployment) -> None:
    """Not even the audit: nothing has happened."""
    live, dead = await opened.token(), await opened.token()
    await opened.revoke(dead.token)
    before = await opened.dump()

    looked = await by_ids(opened, [live.token.id, dead.token.id, "0" * 32], dry_run=True)
    filtered = await by_filter(opened, dry_run=True)

    assert list(looked.values()) == [Outcome.REVOKED, Outcome.ALREADY_REVOKED, Outcome.NOT_FOUND]
    assert filtered == {live.token.id: Outcome.REVOKED}
    assert await opened.dump() == before


async def test_a_filter_means_what_meets_every_condition(opened: Deployment) -> None:
    """By owner, scope, words, age, last use, state and key, alone and together."""
    ann = await opened.user()
    old = await opened.token(ann, note="Old Report", scopes=("company",))
    opened.clock.advance(10 * DAY)
    now = opened.clock()
    paused = await opened.token(ann, note="paused")
    await opened.edit(paused.token, suspended=True)
    young = await opened.token(note="young")
    await opened.sql(f"UPDATE token SET last_used_at = {now} WHERE id = '{old.token.id}'")
    kid = (await opened.sql("SELECT DISTINCT kid FROM token_value"))[0][0]

    async def meant(**which: object) -> set[str]:
        found = await by_filter(opened, dry_run=True, **which)
        names = {each.token.id: each.token.note for each in (old, paused, young)}
        return {names[token_id] for token_id in found}

    assert await meant() == {"Old Report", "paused", "young"}
    assert await meant(owner_id=ann.id) == {"Old Report", "paused"}
    assert await meant(scope="company", search="OLD") == {"Old Report"}
    assert await meant(created_before=now - DAY) == {"Old Report"}
    assert await meant(unused_since=now) == set()
    assert await meant(unused_since=now + 60) >= {"Old Report", "paused"}
    assert await meant(states=frozenset({"suspended"})) == {"paused"}
    assert await meant(kid=kid) == {"Old Report", "paused", "young"}
    assert await meant(kid="another", owner_id=ann.id) == set()
    assert await meant(owner_id=ann.id, states=frozenset({"active"}), created_before=now - DAY) == {
        "Old Report"
    }


async def test_a_long_filter_goes_on_chunk_by_chunk(
    opened: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each chunk has a revision of its own; none is left out, of no owner."""
    monkeypatch.setattr(revoke_many, "CHUNK", 3)
    people = [await opened.user() for _ in range(2)]
    issued = [await opened.token(people[n % 2]) for n in range(8)]

    outcomes = await by_filter(opened)

    assert outcomes == {each.token.id: Outcome.REVOKED for each in issued}
    assert [await opened.is_active(each) for each in issued] == [False] * 8
    assert await opened.sql("SELECT value FROM head WHERE name = 'revision'") == [(3,)]


async def test_two_at_once_end_everything_once(opened: Deployment) -> None:
    """Opposite orders, many owners, single revocations between: nobody waits for ever, each record ends once."""
    people: list[User] = [await opened.user() for _ in range(4)]
    issued = [await opened.token(people[n % 4]) for n in range(24)]
    ids = [each.token.id for each in issued]

    first, second, _, *_ = await asyncio.gather(
        by_ids(opened, ids),
        by_ids(opened, ids[::-1]),
        by_filter(opened),
        *(opened.revoke(each.token) for each in issued[::5]),
    )

    assert set(first) == set(second) == set(ids)
    assert await opened.count("audit", "action = 'token.revoked'") == 24
    assert await opened.count("status_change") == 24
