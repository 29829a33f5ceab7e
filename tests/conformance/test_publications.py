"""When the pushed forms had a revision."""

import asyncio

from service.domain.publication import Form, Publication
from service.storage import Database


async def noted(storage: Database, *publications: Publication) -> None:
    async with storage.transaction() as tx:
        await tx.publications.note(publications)


async def of(storage: Database, revision: int) -> dict[Form, int]:
    async with storage.reading() as read:
        return dict(await read.publications.of(revision))


async def test_a_revision_was_there_with_the_first_one_as_high(storage: Database) -> None:
    """Many revisions may be pushed at once, and only the highest is noted; what is not there yet is left out."""
    await noted(
        storage,
        Publication(Form.REDIS, 7, 1_800_000_000_123),
        Publication(Form.REDIS, 12, 1_800_000_009_000),
        Publication(Form.STREAM, 8, 1_800_000_000_456),
    )

    assert await of(storage, 5) == {Form.REDIS: 1_800_000_000_123, Form.STREAM: 1_800_000_000_456}
    assert await of(storage, 8) == {Form.REDIS: 1_800_000_009_000, Form.STREAM: 1_800_000_000_456}
    assert await of(storage, 9) == {Form.REDIS: 1_800_000_009_000}
    assert await of(storage, 13) == {}


async def test_of_replicas_the_first_one_counts(storage: Database) -> None:
    """Each notes what it did; nobody waits for another or overwrites its note."""
    first, second = Publication(Form.STREAM, 3, 1_000), Publication(Form.STREAM, 3, 2_000)

    await noted(storage, first)
    await noted(storage, second, Publication(Form.STREAM, 4, 2_001))
    await asyncio.gather(*(noted(storage, Publication(Form.REDIS, n, n * 10)) for n in range(1, 9)))

    assert await of(storage, 3) == {Form.STREAM: 1_000, Form.REDIS: 30}
    assert await of(storage, 4) == {Form.STREAM: 2_001, Form.REDIS: 40}


async def test_the_oldest_notes_are_dropped_first(storage: Database) -> None:
    """So many at once, and nothing younger."""
    await noted(storage, *(Publication(Form.REDIS, n, n * 10) for n in range(1, 9)))

    async with storage.transaction() as tx:
        dropped = [await tx.publications.forget(before_ms=50, limit=3) for _ in range(3)]

    assert dropped == [3, 1, 0]
    assert await of(storage, 1) == {Form.REDIS: 50}
