"""Notices: written with what caused them, or not at all."""

import pytest

from service.application import notices
from service.domain.delivery import Channel, Delivery
from service.domain.notice import About, Kind
from tests.application.deployment import Deployment


async def test_a_notice_is_there_once_with_what_caused_it(opened: Deployment) -> None:
    """The same cause told twice in one transaction is one notice; each account has its own."""
    ann, bob = await opened.user(), await opened.user()

    async with opened.storage.transaction() as tx:
        for _ in range(2):
            await notices.add(tx, Kind.TOKENS_PAUSED, About(user_id=ann.id), About(user_id=bob.id))

    assert await opened.sql("SELECT kind, user_id FROM notice ORDER BY user_id") == sorted(
        [("tokens.paused", ann.id), ("tokens.paused", bob.id)], key=lambda row: row[1]
    )


async def test_no_notice_is_left_of_what_did_not_happen(opened: Deployment) -> None:
    """A transaction that is rolled back tells nobody."""
    ann = await opened.user()

    async def fail() -> None:
        async with opened.storage.transaction() as tx:
            await notices.add(tx, Kind.TOKENS_PAUSED, About(user_id=ann.id))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await opened.count("notice") == 0


async def test_of_two_who_saw_a_delivery_one_has_it(opened: Deployment) -> None:
    """A claim compares what was seen with what is there; so does every change by who had it and lost it."""
    planned = Delivery.planned("7" * 32, Channel.WEBHOOK, "1" * 32, now=0, expires_at=None)
    async with opened.storage.transaction() as tx:
        await tx.deliveries.plan([planned, planned])
        [seen] = await tx.claims.due(Channel.WEBHOOK, now=0, limit=9)

        first = await tx.claims.claim(seen, until=0)
        second = await tx.claims.claim(seen, until=0)
        third = await tx.claims.claim(first, until=0)
        late = [
            await tx.claims.postpone(first, due_at=5, fault="too slow"),
            await tx.claims.give_up(first, now=5, fault="too slow"),
        ]
        done = [await tx.claims.finish(first, now=5), await tx.claims.finish(third, now=5)]

    assert (second, late, done) == (None, [False, False], [True, False])
    assert third.attempts == 2
