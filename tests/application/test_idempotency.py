"""Idempotency keys: one request, one token (R14)."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from service.application.idempotency import Repeated
from service.domain.errors import Faulty, IdempotencyKeyReused, InProgress, NotFound
from service.domain.token import TokenState
from tests.application.deployment import DAY, Deployment, a_request
from tests.application.interruption import is_cut
from tests.application.renewing import a_key, issued_once


async def test_a_repeat_makes_nothing_and_shows_no_value(opened: Deployment) -> None:
    """It is told the record as it is by then: the value was shown once or never."""
    owner = await opened.user()
    first = await issued_once(opened, owner.id, a_key())
    again = await issued_once(opened, owner.id, a_key())
    await opened.revoke(first.token)
    last = await issued_once(opened, owner.id, a_key())

    assert again == Repeated(first.token, TokenState.ACTIVE)
    assert (last.token.id, last.state) == (first.token.id, TokenState.REVOKED)
    assert await opened.count("token") == 1
    assert await opened.count("token_value") == 1


async def test_a_key_belongs_to_its_request_and_its_caller(opened: Deployment) -> None:
    """Another body under it is refused; the same key of somebody else is another key."""
    owner = await opened.user()
    await issued_once(opened, owner.id, a_key(body={"note": "a"}))

    with pytest.raises(IdempotencyKeyReused):
        await issued_once(opened, owner.id, a_key(body={"note": "b"}))

    assert not isinstance(await issued_once(opened, owner.id, a_key(caller="eve")), Repeated)
    assert await opened.count("token") == 2


async def test_a_refused_request_leaves_its_key_free(opened: Deployment) -> None:
    """Nothing was made, so nothing is repeated: what was wrong can be put right under the same key."""
    owner = await opened.user()
    with pytest.raises(Faulty):
        await issued_once(opened, owner.id, a_key(body="wrong"), note="")

    assert not isinstance(await issued_once(opened, owner.id, a_key(body="right")), Repeated)


async def test_a_key_is_good_for_a_day_and_swept_afterwards(opened: Deployment) -> None:
    """By the database's clock; a key that is over counts as new even before it is swept."""
    owner = await opened.user()
    await issued_once(opened, owner.id, a_key())
    await issued_once(opened, owner.id, a_key("another-key-of-the-day"))
    opened.clock.advance(DAY - 60)
    assert isinstance(await issued_once(opened, owner.id, a_key()), Repeated)
    opened.clock.advance(65)

    assert not isinstance(await issued_once(opened, owner.id, a_key()), Repeated)
    assert isinstance(await issued_once(opened, owner.id, a_key()), Repeated)
    await opened.opened.housekeeping.sweep()

    assert await opened.sql("SELECT key_hash FROM idempotency") == [(a_key().key_hash,)]


async def test_only_hashes_are_kept(opened: Deployment) -> None:
    """A key may be guessable or mean something: it stands in no table."""
    owner = await opened.user()
    await issued_once(opened, owner.id, a_key("my-very-own-secret-key"))

    assert "my-very-own-secret-key" not in repr(await opened.dump())


async def test_fifty_duplicates_in_two_processes_make_one_token(opened: Deployment) -> None:
    """R14: all at once, through both; one is answered with the value, the others with the record or "in progress"."""
    owner = await opened.user()
    async with opened.replicas() as both:
        outcomes = await asyncio.gather(
            *(issued_once(opened, owner.id, a_key(), services=both[n % 2]) for n in range(50)),
            return_exceptions=True,
        )
        late = [await issued_once(opened, owner.id, a_key(), services=each) for each in both]

    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds.count("Issued") == 1
    assert set(kinds) <= {"Issued", "Repeated", "InProgress"}
    assert [type(outcome) for outcome in late] == [Repeated, Repeated]
    assert await opened.count("token") == 1


async def test_a_duplicate_is_in_progress_while_the_first_one_runs(opened: Deployment) -> None:
    """Also at another replica, at once: it waits for no lock (PostgreSQL; SQLite has one process)."""
    owner = await opened.user()
    key = a_key()
    async with opened.replicas() as (here, there), opened.storage.transaction() as tx:
        if opened.on_postgresql:
            assert await tx.idempotency.claim([key.key_hash]) == {key.key_hash}
        else:
            here.issue._under_way.begin(key)

        with pytest.raises(InProgress):
            await asyncio.wait_for(issued_once(opened, owner.id, key, services=there), 1)

    assert await opened.count("token") == 0


async def test_a_refusal_in_a_batch_delays_no_other(opened: Deployment) -> None:
    """Repeats, reused keys, faults and new tokens share a transaction and get each their own answer."""
    owner = await opened.user()
    await issued_once(opened, owner.id, a_key())

    outcomes = await asyncio.gather(
        opened.token(owner),
        issued_once(opened, owner.id, a_key()),
        issued_once(opened, owner.id, a_key("another-key-of-hers")),
        issued_once(opened, owner.id, a_key("a-key-for-a-fault"), note=""),
        opened.token(owner),
        return_exceptions=True,
    )

    assert [type(outcome).__name__ for outcome in outcomes] == [
        "Issued",
        "Repeated",
        "Issued",
        "Faulty",
        "Issued",
    ]
    notes = "SELECT count(*) FROM idempotency i JOIN token t ON t.id = i.token_id"
    assert await opened.sql(notes) == [(2,)]


async def _regenerated_once(on: Deployment, token, key):
    return await on.services.regenerate.once(
        token.id, a_request(note=None, scopes=None), key=key, owner_id=token.owner_id, actor="user"
    )


async def _retried(on: Deployment, token, key):
    """What a client does that has lost its answer; the server may still be clearing up behind it."""
    async with asyncio.timeout(5):
        while True:
            with suppress(InProgress):
                return await _regenerated_once(on, token, key)


async def test_a_repeated_regenerate_ends_no_value(opened: Deployment) -> None:
    """The first one's value stays the current one, and works."""
    issued = await opened.token()
    first = await _regenerated_once(opened, issued.token, a_key())
    again = await _regenerated_once(opened, issued.token, a_key())

    assert again == Repeated(first.token, TokenState.ACTIVE)
    assert await opened.is_active(first)
    with pytest.raises(IdempotencyKeyReused):
        await _regenerated_once(opened, issued.token, a_key(body="other"))
    with pytest.raises(NotFound):
        await _regenerated_once(
            opened, replace(issued.token, owner_id="f" * 32), a_key("a-key-of-a-stranger")
        )


async def test_of_duplicate_regenerates_one_makes_a_value(opened: Deployment) -> None:
    """Sent twenty times at once, through two processes."""
    issued = await opened.token()
    async with opened.replicas() as both:
        outcomes = await asyncio.gather(
            *(
                each.regenerate.once(
                    issued.token.id,
                    a_request(note=None, scopes=None),
                    key=a_key(),
                    owner_id=issued.token.owner_id,
                    actor="user",
                )
                for each in both * 10
            ),
            return_exceptions=True,
        )

    assert [type(outcome).__name__ for outcome in outcomes].count("Issued") == 1
    assert await opened.count("token_value") == 2


async def test_whatever_a_regenerate_is_cut_off_at_its_repeat_converges(opened: Deployment) -> None:
    """R13: key and value are stored together or not at all, and a key is never left "in progress"."""
    issued = await opened.token()
    point, cut = 0, True

    while cut:
        key = a_key(f"the-key-of-point-{point}")
        before = await opened.count("token_value")
        cut = await is_cut(_regenerated_once(opened, issued.token, key), point)
        point += 1

        await _retried(opened, issued.token, key)

        assert await opened.count("token_value") == before + 1

    assert point > 5
    assert await opened.count("token_value", "revoked_at IS NULL") == 1
