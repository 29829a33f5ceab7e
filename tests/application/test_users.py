"""Disable: everything of a person's ends in one transaction (R17)."""

import asyncio

import pytest

from service.application.issue import Issued
from service.domain.errors import NotFound, TokenIsRevoked
from service.domain.user import Role
from tests.application.deployment import DAY, Deployment

INVALID = 1


async def test_disabling_somebody_revokes_every_token_of_theirs(opened: Deployment) -> None:
    """Truth, lists and records: live, paused, expired and regenerated ones; and nobody else's."""
    owner, other = await opened.user(), await opened.token()
    live, paused, expired = (
        await opened.token(owner),
        await opened.token(owner),
        await opened.token(owner, days=1),
    )
    await opened.edit(paused.token, suspended=True)
    renewed = await opened.regenerate(live.token)
    opened.clock.advance(DAY + 5)

    values = await opened.services.disable_user(owner.id, actor="administrator")

    assert values == 3
    assert not [issued for issued in (live, paused, expired, renewed) if await opened.is_active(issued)]
    assert [await opened.fresh_status(issued) for issued in (live, paused, renewed)] == [INVALID] * 3
    assert await opened.is_active(other)
    reasons = await opened.sql(f"SELECT DISTINCT revoke_reason FROM token WHERE owner_id = '{owner.id}'")
    assert reasons == [("owner_disabled",)]
    with pytest.raises(TokenIsRevoked):
        await opened.regenerate(renewed.token)


async def test_disabling_again_changes_nothing_and_is_written_down(opened: Deployment) -> None:
    """The first moment stays; the repeat waits for the same disk (threats 8)."""
    owner = await opened.user()
    await opened.token(owner)
    await opened.services.disable_user(owner.id, actor="administrator")
    before = await opened.sql("SELECT disabled_at FROM users")
    opened.clock.advance(60)

    assert await opened.services.disable_user(owner.id, actor="administrator") == 0

    assert await opened.sql("SELECT disabled_at FROM users") == before
    assert (await opened.audit(f"user:{owner.id}"))[-2:] == ["user.disabled", "user.disabled"]


async def test_nobody_unknown_can_be_disabled(opened: Deployment) -> None:
    """Nothing is written for somebody who is not there."""
    before = await opened.count("audit")

    with pytest.raises(NotFound):
        await opened.services.disable_user("0" * 32, actor="administrator")

    assert await opened.count("audit") == before


async def test_a_truth_without_the_owner_is_no_truth(opened: Deployment) -> None:
    """Threats 2: the owner is judged where the token is, not only where they were disabled."""
    issued = await opened.token()

    await opened.sql("UPDATE users SET disabled_at = 1")

    assert not await opened.is_active(issued)
    assert await opened.fresh_status(issued) == INVALID
    assert (await opened.services.recognise(issued.jwt.reveal())).truth.reason == "owner_disabled"


async def test_many_tokens_end_in_one_transaction(opened: Deployment) -> None:
    """A person with hundreds of tokens is one revision, one audit row, and no half."""
    owner = await opened.user()
    made = await asyncio.gather(*(opened.token(owner) for _ in range(150)))

    assert await opened.services.disable_user(owner.id, actor="administrator") == 150

    assert await opened.sql("SELECT count(DISTINCT revision), count(*) FROM status_change") == [(1, 150)]
    assert not [issued for issued in made[::15] if await opened.is_active(issued)]


async def test_who_is_enabled_again_gets_nothing_back(opened: Deployment) -> None:
    """R2, R17: they may make tokens anew; those that died stay dead, also one that outlived the disabling."""
    owner = await opened.user()
    dead, outlived = await opened.token(owner), await opened.token(owner)
    await opened.revoke(dead.token)
    await opened.sql(f"UPDATE users SET disabled_at = 1 WHERE id = '{owner.id}'")

    enabled = await opened.services.governance.enable_user(owner.id, actor="administrator")

    assert enabled.disabled_at is None
    assert [await opened.is_active(issued) for issued in (dead, outlived)] == [False, False]
    assert await opened.fresh_status(outlived) == INVALID
    assert await opened.is_active(await opened.token(owner))
    await opened.services.governance.enable_user(owner.id, actor="administrator")
    assert (await opened.audit(f"user:{owner.id}"))[-2:] == ["user.enabled", "user.enabled"]
    assert await opened.count("token", "revoked_at IS NULL") == 1


async def test_enabling_an_enabled_account_ends_nothing(opened: Deployment) -> None:
    """A click too many costs nobody their tokens."""
    issued = await opened.token()

    await opened.services.governance.enable_user(issued.token.owner_id, actor="administrator")

    assert await opened.is_active(issued)
    with pytest.raises(NotFound):
        await opened.services.governance.enable_user("0" * 32, actor="administrator")


async def test_enabling_and_creating_at_once_never_revive(opened: Deployment) -> None:
    """R17: disable, enable and create in any order: what was made before the disabling is dead."""
    for turn in range(12):
        owner = await opened.user()
        before = [await opened.token(owner) for _ in range(2)]
        await opened.services.disable_user(owner.id, actor="administrator")
        acts = [
            opened.services.governance.enable_user(owner.id, actor="administrator"),
            opened.token(owner),
            opened.services.disable_user(owner.id, actor="administrator"),
        ]

        outcomes = await asyncio.gather(*acts[turn % 3 :], *acts[: turn % 3], return_exceptions=True)

        assert not [issued for issued in before if await opened.is_active(issued)]
        user = await opened.services.find_user(owner.name)
        issued = next((o for o in outcomes if isinstance(o, Issued)), None)
        assert not (issued and user.disabled_at is not None and await opened.is_active(issued))


async def test_a_person_is_found_by_name(opened: Deployment) -> None:
    """Compared without case; nobody for a name that is not there."""
    user = await opened.user(name="Ann Ulm", role=Role.AUDITOR)

    assert (await opened.services.find_user("ANN ULM")).id == user.id
    assert await opened.services.find_user("ann") is None
