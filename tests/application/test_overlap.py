"""Overlap: an old value goes on beside the new one, for a while and no longer."""

from service.domain.issuance import Expiry
from tests.application.deployment import DAY, Deployment
from tests.application.renewing import alive, renewed

HOUR = 3_600


async def test_both_values_work_until_the_overlap_is_over(opened: Deployment) -> None:
    """The truth honours the end by the database's clock, with or without housekeeping."""
    first = await opened.token(days=10)

    second = await renewed(opened, first.token, HOUR)

    assert await alive(opened, first, second) == [True, True]
    assert await opened.fresh_status(first) == 0
    opened.clock.advance(HOUR - 60)
    assert await alive(opened, first, second) == [True, True]
    opened.clock.advance(60)
    assert await alive(opened, first, second) == [False, True]
    assert await opened.fresh_status(first) == 1


async def test_the_end_of_an_overlap_is_a_revocation_with_its_own_revision(opened: Deployment) -> None:
    """Ruling 6: housekeeping writes it, and from then on no clock brings the value back."""
    first = await opened.token(days=10)
    second = await renewed(opened, first.token, HOUR)
    assert await opened.count("status_change") == 0

    opened.clock.advance(HOUR + 5)
    await opened.opened.housekeeping.follow()
    opened.clock.advance(-HOUR)

    assert await opened.sql("SELECT jti, status FROM status_change") == [(first.token.jti, 1)]
    assert await alive(opened, first, second) == [False, True]


async def test_an_overlap_never_outlasts_the_old_values_own_end(opened: Deployment) -> None:
    """Not its `exp`, and not an end that was drawn nearer."""
    short, shortened = await opened.token(days=1), await opened.token(days=30)
    await opened.edit(shortened.token, expiry=Expiry(days=1))
    token, _ = await opened.services.get_token(shortened.token.id, owner_id=shortened.token.owner_id)
    made = [await renewed(opened, each, 7 * DAY) for each in (short.token, token)]

    opened.clock.advance(DAY + 5)

    assert await alive(opened, short, shortened, *made) == [False, False, True, True]
    assert made[0].old_ends_at == short.token.expires_at
    assert made[1].old_ends_at == token.expires_at


async def test_of_three_values_the_oldest_ends_at_once(opened: Deployment) -> None:
    """Regenerate during an overlap leaves two values: the one before, in its overlap, and the new one."""
    first = await opened.token()
    second = await renewed(opened, first.token, HOUR)
    third = await renewed(opened, second.token, HOUR)

    assert await alive(opened, first, second, third) == [False, True, True]
    assert await opened.sql("SELECT jti, status FROM status_change") == [(first.token.jti, 1)]
    fourth = await renewed(opened, third.token, 0)
    assert await alive(opened, second, third, fourth) == [False, False, True]


async def test_revoke_and_pause_reach_every_value(opened: Deployment) -> None:
    """They are the record's: an overlap shelters nothing (threats 12)."""
    first = await opened.token()
    second = await renewed(opened, first.token, HOUR)

    await opened.edit(second.token, suspended=True)
    paused = await alive(opened, first, second)
    await opened.edit(second.token, suspended=False)
    back = await alive(opened, first, second)
    await opened.revoke(second.token)

    assert (paused, back) == ([False, False], [True, True])
    assert await alive(opened, first, second) == [False, False]
    assert [await opened.fresh_status(each) for each in (first, second)] == [1, 1]


async def test_the_first_use_of_the_new_value_ends_the_overlap(opened: Deployment) -> None:
    """`overlap_until_used`: uses of the old value change nothing; the new one's is noticed, and acted on."""
    first = await opened.token()
    second = await renewed(opened, first.token, HOUR, until_used=True)
    housekeeping = opened.opened.housekeeping
    await housekeeping.follow()
    assert await opened.is_active(first)
    await housekeeping.follow()
    assert await opened.is_active(first)

    assert await opened.is_active(second)
    await housekeeping.follow()

    assert await alive(opened, first, second) == [False, True]
    assert await opened.fresh_status(first) == 1
    assert await opened.count("awaited_use") == 0
    assert "token.overlap_ended" in await opened.audit(f"token:{first.token.id}")


async def test_a_use_ends_no_overlap_that_was_not_meant_to(opened: Deployment) -> None:
    """Without `overlap_until_used` only time ends it; a replaced value that was awaited ends nothing either."""
    first = await opened.token()
    second = await renewed(opened, first.token, HOUR, until_used=True)
    await opened.opened.housekeeping.follow()
    third = await renewed(opened, second.token, HOUR)

    assert await alive(opened, second, third) == [True, True]
    await opened.opened.housekeeping.follow()

    assert await alive(opened, second, third) == [True, True]


async def test_awaited_uses_are_swept_when_their_overlap_is_over(opened: Deployment) -> None:
    """Nothing stays behind."""
    first = await opened.token()
    await renewed(opened, first.token, HOUR, until_used=True)
    opened.clock.advance(HOUR + 5)

    await opened.opened.housekeeping.sweep()

    assert await opened.count("awaited_use") == 0


async def test_an_old_value_that_is_still_used_is_told_once(opened: Deployment) -> None:
    """Threats 12: somebody holds it. A revoked record's values, and one that expired, are nobody's news."""
    first, over, ended = await opened.token(), await opened.token(), await opened.token(days=1)
    await renewed(opened, first.token, HOUR)
    await opened.revoke(over.token)
    opened.clock.advance(DAY + 5)

    for _ in range(3):
        assert await alive(opened, first, over, ended) == [False, False, False]
        await opened.opened.housekeeping.follow()

    seen = "SELECT subject FROM audit WHERE action = 'token.replaced_value_seen'"
    assert await opened.sql(seen) == [(f"token:{first.token.id}",)]
