"""Lists fill up, outlive their last token by a day, and go; nothing that anybody may still ask for goes with them."""

import pytest

from service.domain.errors import Gone
from service.domain.permutation import CAPACITY
from tests.application.deployment import DAY, Deployment
from tests.application.test_status_lists import index_of, list_of


async def fill_up(on: Deployment) -> None:
    """Hand out every index that the present list has left."""
    [(used,)] = await on.sql("SELECT value FROM head WHERE name = 'index'")
    async with on.storage.transaction() as tx:
        await tx.status_lists.allocate(CAPACITY - used % CAPACITY, new_list_id="a" * 32, now=0)


async def test_a_full_list_goes_a_day_after_its_last_token(opened: Deployment) -> None:
    """410 for whoever asks, out of the aggregation, its token dropped, its end audited; never before (R10)."""
    lists, retire = opened.services.status_lists, opened.opened.housekeeping.retire
    first, last = await opened.token(days=1), await opened.token(days=2)
    await fill_up(opened)
    other = await opened.token()
    assert await lists.token(list_of(first)) is not None

    opened.clock.advance(3 * DAY - 60)
    await retire()
    early = await lists.token(list_of(first))
    opened.clock.advance(120)
    await retire()
    await lists.follow()

    assert early is not None
    assert await lists.ids() == [list_of(other)]
    with pytest.raises(Gone):
        await lists.token(list_of(last))
    assert await opened.count("signed_status_list", f"list_id = '{list_of(first)}'") == 0
    assert await opened.audit(f"status_list:{list_of(first)}") == ["status_list.retired"]
    assert await opened.is_active(other)
    later = await opened.token()
    assert (list_of(later), index_of(later) == index_of(other)) == (list_of(other), False)


async def test_other_replicas_hear_of_it(opened: Deployment) -> None:
    """Whoever still holds the list in memory stops serving it with the next look, a restarted process as well."""
    issued = await opened.token(days=1)
    await fill_up(opened)
    async with opened.replicas() as (one, other):
        await other.status_lists.follow()
        opened.clock.advance(3 * DAY)
        await opened.opened.housekeeping.retire()

        for services in (one, other):
            with pytest.raises(Gone):
                await services.status_lists.token(list_of(issued))


@pytest.mark.parametrize("days", [None, 30])
async def test_a_list_stays_for_its_last_token(opened: Deployment, days: int | None) -> None:
    """One token that lives on keeps it, for ever if its grant never ends."""
    issued, over = await opened.token(days=days), await opened.token(days=1)
    await fill_up(opened)

    opened.clock.advance(20 * DAY)
    await opened.opened.housekeeping.retire()

    assert await opened.status(issued) == 0
    assert await opened.status(over) == 1


async def test_a_list_with_room_stays(opened: Deployment) -> None:
    """Its next token may be made at any moment."""
    over = await opened.token(days=1)

    opened.clock.advance(400 * DAY)
    await opened.opened.housekeeping.retire()

    assert list_of(await opened.token()) == list_of(over)


async def test_old_values_of_a_full_list_are_dropped_and_still_refused(opened: Deployment) -> None:
    """Without a row an index of a full list reads INVALID; the record stays, and can be regenerated."""
    lasting, over = await opened.token(days=None), await opened.token(days=1)
    await fill_up(opened)
    opened.clock.advance(89 * DAY)
    await opened.opened.housekeeping.retire()
    kept = await opened.count("token_value")

    opened.clock.advance(3 * DAY)
    await opened.opened.housekeeping.retire()

    assert (kept, await opened.count("token_value")) == (2, 1)
    assert [await opened.fresh_status(lasting), await opened.fresh_status(over)] == [0, 1]
    assert [await opened.is_active(lasting), await opened.is_active(over)] == [True, False]
    again = await opened.regenerate(over.token)
    assert await opened.is_active(again)


async def test_changes_are_dropped_after_their_time(opened: Deployment) -> None:
    """The outbox is kept for receipts, and no longer; the lists say what they said (R2)."""
    revoked = await opened.token(days=None)
    await opened.revoke(revoked.token)
    await opened.services.status_lists.follow()
    opened.clock.advance(399 * DAY)
    await opened.opened.housekeeping.retire()
    kept = await opened.count("status_change")

    opened.clock.advance(2 * DAY)
    await opened.opened.housekeeping.retire()

    assert (kept, await opened.count("status_change")) == (1, 0)
    assert await opened.status(revoked) == 1


async def test_every_list_is_at_hand_before_anybody_asks(opened: Deployment) -> None:
    """R59: a process that has followed once serves all lists, also those that were never asked of it."""
    one = await opened.token()
    await fill_up(opened)
    other = await opened.token()
    await opened.services.status_lists.follow()

    held = opened.services.status_lists._served

    assert set(held) == {list_of(one), list_of(other)}
