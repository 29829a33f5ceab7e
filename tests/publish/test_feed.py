"""What a process remembers of the outbox, and when it says that it cannot tell."""

import json
from collections.abc import AsyncIterator

import pytest

from service.application import revocation_feed
from service.application.revocation_feed import RevocationFeed
from service.domain.errors import StorageUnavailable
from service.domain.publication import Position
from tests.application.deployment import Deployment
from tests.publish.conftest import place


@pytest.fixture
async def process(on: Deployment) -> AsyncIterator[Deployment]:
    async with on.process() as on.opened:
        yield on


async def revoke(on: Deployment, count: int = 1) -> None:
    """So many revocations, each a revision."""
    for issued in [await on.token() for _ in range(count)]:
        await on.revoke(issued.token)


async def following(on: Deployment) -> RevocationFeed:
    feed = RevocationFeed(on.storage)
    await feed.follow()
    return feed


def revisions(feed: RevocationFeed, since: int, *, most: int = 100) -> list[int] | None:
    changes = feed.after(Position(1, since), most=most)
    return None if changes is None else [change.position.revision for change in changes]


async def test_it_tells_what_came_after_a_position(process: Deployment) -> None:
    """From the beginning, from the middle, from the end, and no more than was asked for."""
    feed = await following(process)
    await revoke(process, 4)

    moved, again = await feed.follow(), await feed.follow()

    assert (moved, again) == (True, False)
    assert revisions(feed, 0) == [1, 2, 3, 4]
    assert revisions(feed, 2) == [3, 4]
    assert revisions(feed, 1, most=2) == [2, 3]
    assert revisions(feed, 4) == []
    assert revisions(feed, 5) is None
    assert feed.after(Position(2, 0), most=1) is None


async def test_a_new_process_remembers_what_another_one_told(process: Deployment) -> None:
    """Readers and Redis go on at it after a restart: the outbox is the memory (R5)."""
    first = await following(process)
    await revoke(process, 3)
    await first.follow()

    second = await following(process)

    assert second.after(Position(1, 0), most=9) == first.after(Position(1, 0), most=9)


async def test_who_followed_every_step_stands_where_a_new_process_does(process: Deployment) -> None:
    """Lists are read only when one was made, filled or signed anew; what is known of them is the same at any time."""
    feed = await following(process)
    steps = ("", "", "UPDATE head SET value = 131064 WHERE name = 'index' RETURNING value", "")
    stood = []
    for step in steps:
        await (process.sql(step) if step else revoke(process, 2))
        await feed.follow()
        stood.append((feed.standing, (await following(process)).standing))
    async with process.storage.transaction() as tx:
        await tx.status_lists.sign_anew()
    await revoke(process, 1)
    await feed.follow()
    stood.append((feed.standing, (await following(process)).standing))

    assert [mine._replace(as_of=0) for mine, _ in stood] == [new._replace(as_of=0) for _, new in stood]
    assert [len(mine.lists) for mine, _ in stood] == [1, 1, 1, 2, 2]


async def test_who_is_too_far_behind_is_told_so(process: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threats 20: so many revisions, and so many characters, are remembered and no more."""
    monkeypatch.setattr(revocation_feed, "REMEMBERED", 3)
    feed = await following(process)
    await revoke(process, 5)
    await feed.follow()

    assert revisions(feed, 1) is None
    assert revisions(feed, 2) == [3, 4, 5]
    two = 2 * len(feed.after(Position(1, 4), most=1)[0].body) + 10  # indexes have five or six digits
    monkeypatch.setattr(revocation_feed, "REMEMBERED_CHARACTERS", two)
    await revoke(process, 1)
    await feed.follow()
    assert revisions(feed, 3) is None
    assert revisions(feed, 4) == [5, 6]


async def test_more_than_can_be_read_at_once_is_a_gap(
    process: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a long pause only the latest are told; a revision of which a part may be missing is not among them."""
    monkeypatch.setattr(revocation_feed, "READ_AT_ONCE", 3)
    feed = await following(process)
    await revoke(process, 5)

    await feed.follow()

    assert revisions(feed, 0) is None
    assert revisions(feed, 3) == [4, 5]
    assert feed.standing.position == Position(1, 5)


async def test_a_change_that_is_too_long_is_not_pushed(
    process: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compromised key may end a hundred thousand tokens in one revision: readers look at the lists instead."""
    owner = await process.user()
    many = [await process.token(owner) for _ in range(20)]
    feed = await following(process)
    monkeypatch.setattr(revocation_feed, "LONGEST_CHANGE", 150)
    await process.services.disable_user(owner.id, actor="test")
    await revoke(process, 1)

    await feed.follow()

    assert len({place(issued) for issued in many}) == 20
    assert revisions(feed, 0) is None
    assert revisions(feed, 1) == [2]
    assert feed.standing.lists[place(many[0])[0].rpartition("/")[2]] == 2


async def test_lists_that_are_signed_anew_are_a_gap(process: Deployment) -> None:
    """A revision without an entry: nothing could be told of it, and copies have to be fetched."""
    await revoke(process, 1)
    feed = await following(process)
    async with process.storage.transaction() as tx:
        await tx.status_lists.sign_anew()
    await revoke(process, 1)

    await feed.follow()

    assert revisions(feed, 1) is None
    assert revisions(feed, 2) == [3]
    assert json.loads(feed.after(Position(1, 2), most=1)[0].body)["previous"] == 2


async def test_a_database_that_went_back_is_not_followed(process: Deployment) -> None:
    """Threats 7: nothing is unsaid, and `as_of` stands still; a new epoch begins anew."""
    await revoke(process, 2)
    feed = await following(process)
    before = feed.standing
    await process.sql("UPDATE head SET value = 1 WHERE name = 'revision' RETURNING value")
    with pytest.raises(StorageUnavailable):
        await feed.follow()
    behind = feed.standing
    await process.sql("UPDATE head SET value = 2 WHERE name = 'epoch' RETURNING value")

    await feed.follow()

    assert behind == before
    assert feed.standing.position == Position(2, 1)
    assert revisions(feed, 0) is None
    assert feed.after(Position(2, 1), most=1) == []
