"""Notices: written with what caused them, or not at all."""

import pytest

from service.application import notices
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
