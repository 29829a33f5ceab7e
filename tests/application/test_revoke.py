"""Revoke: final, everywhere, once and for all."""

import asyncio

import aiosqlite
import asyncpg
import pytest

from service.domain.errors import NotFound
from service.domain.token import TokenState
from tests.application.deployment import DAY, REPORTS, Deployment, claims_of
from tests.application.interruption import is_cut

INVALID = 1


async def test_a_revocation_is_acknowledged_when_it_holds_everywhere(opened: Deployment) -> None:
    """R1: introspection says no from this moment, and so does every list signed from now on."""
    issued = await opened.token()

    revoked = await opened.revoke(issued.token, reason="laptop lost")

    assert (revoked.revoked_by, revoked.revoke_reason) == (f"user:{issued.token.owner_id}", "laptop lost")
    assert revoked.state(opened.clock()) is TokenState.REVOKED
    assert not await opened.is_active(issued)
    assert await opened.fresh_status(issued) == INVALID
    await opened.opened.housekeeping.follow()
    assert await opened.status(issued) == INVALID


async def test_a_revocation_tells_the_lists_what_changed(opened: Deployment) -> None:
    """One outbox row for the value, under a revision of its own."""
    first, second = await opened.token(), await opened.token()

    await opened.revoke(first.token)
    await opened.revoke(second.token)

    changes = await opened.sql("SELECT revision, idx, status, jti FROM status_change ORDER BY revision")
    assert changes == [
        (n, claims_of(issued)["status"]["status_list"]["idx"], INVALID, issued.token.jti)
        for n, issued in enumerate((first, second), 1)
    ]


async def test_a_repeat_answers_the_first_revocation(opened: Deployment) -> None:
    """R11: the first time and reason stay; threats 8: the repeat is written down too, so that it waits for the
    same disk.
    """
    issued = await opened.token()
    first = await opened.revoke(issued.token, reason="first")
    opened.clock.advance(3_600)

    second = await opened.revoke(issued.token, reason="second", actor="administrator")

    assert second == first
    assert await opened.audit(f"token:{issued.token.id}") == [
        "token.created",
        "token.revoked",
        "token.revoked_again",
    ]
    assert await opened.count("status_change") == 1


async def test_revocations_of_one_moment_agree(opened: Deployment) -> None:
    """Twenty at once: one is the first, and all answer it."""
    issued = await opened.token()

    answers = await asyncio.gather(*(opened.revoke(issued.token, reason=f"n {n}") for n in range(20)))

    assert len({(answer.revoked_at, answer.revoke_reason) for answer in answers}) == 1
    assert await opened.count("audit", "action = 'token.revoked'") == 1
    assert await opened.count("audit", "action = 'token.revoked_again'") == 19


async def test_somebody_elses_token_cannot_be_revoked_nor_found(opened: Deployment) -> None:
    """The answer is the one for a token that is not there."""
    issued, stranger = await opened.token(), await opened.user()

    with pytest.raises(NotFound):
        await opened.revoke(issued.token, owner_id=stranger.id)
    with pytest.raises(NotFound):
        await opened.services.revoke("f" * 32, owner_id=stranger.id, actor="x", reason="y")

    assert await opened.is_active(issued)
    assert await opened.count("audit", "action LIKE 'token.revoked%'") == 0


async def test_expired_and_paused_tokens_can_be_revoked(opened: Deployment) -> None:
    """Revoked is the graver word: neither a resume nor a new value brings it back."""
    paused, expired = await opened.token(), await opened.token(days=1)
    await opened.edit(paused.token, suspended=True)
    opened.clock.advance(DAY + 5)

    for issued in (paused, expired):
        revoked = await opened.revoke(issued.token)
        assert revoked.state(opened.clock()) is TokenState.REVOKED

    assert await opened.fresh_status(paused) == INVALID


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE token SET revoked_at = NULL",
        "UPDATE token SET revoked_at = revoked_at + 1",
        "UPDATE token_value SET revoked_at = NULL",
        "UPDATE token_value SET revoked_at = 1",
    ],
)
async def test_no_statement_clears_or_moves_a_revocation(opened: Deployment, statement: str) -> None:
    """R2: the database itself refuses, whoever writes."""
    issued = await opened.token()
    await opened.revoke(issued.token)
    before = await opened.dump()

    with pytest.raises((aiosqlite.Error, asyncpg.PostgresError), match="a revocation is final"):
        await opened.sql(statement)

    assert await opened.dump() == before
    assert not await opened.is_active(issued)


async def test_a_revocation_outlives_a_restart(on: Deployment) -> None:
    """R2, R70: no start of a process turns revoked into valid, and none changes any other verdict."""
    async with on.process() as first:
        on.opened = first
        revoked, live, paused = await on.token(), await on.token(), await on.token()
        await on.revoke(revoked.token)
        await on.edit(paused.token, suspended=True)
        verdicts = [await on.is_active(issued) for issued in (revoked, live, paused)]

    async with on.process() as second:
        on.opened = second

        assert [await on.is_active(issued) for issued in (revoked, live, paused)] == verdicts
        assert [await on.status(issued) for issued in (revoked, live, paused)] == [1, 0, 2]
        assert verdicts == [False, True, False]


async def test_a_revocation_that_is_cut_off_holds_or_leaves_nothing(opened: Deployment) -> None:
    """Cancelled at any await: revoked with its audit row and its news for the lists, or untouched."""
    owner = await opened.user()
    point, cut = 0, True

    while cut:
        issued = await opened.token(owner)
        cut = await is_cut(opened.revoke(issued.token), point)
        point += 1

        [(revoked_at, told, audited)] = await opened.sql(
            f"SELECT (SELECT revoked_at FROM token_value WHERE jti = '{issued.token.jti}'),"
            f" (SELECT count(*) FROM status_change WHERE jti = '{issued.token.jti}'),"
            f" (SELECT count(*) FROM audit WHERE subject = 'token:{issued.token.id}'"
            "    AND action = 'token.revoked')"
        )
        assert (
            (revoked_at is not None) == (told == 1) == (audited == 1) == (not await opened.is_active(issued))
        )
        await opened.revoke(issued.token)
        assert not await opened.is_active(issued)
    assert point > 5


async def test_the_jwt_itself_revokes_its_record(opened: Deployment) -> None:
    """RFC 7009: whoever holds a leaked token can end it, without an account."""
    issued = await opened.token()

    await opened.services.revoke_presented(issued.jwt.reveal(), client=None)

    assert not await opened.is_active(issued)
    [(by, reason)] = await opened.sql("SELECT revoked_by, revoke_reason FROM token")
    assert (by, reason) == (f"token:{issued.token.id}", "presented")


async def test_a_client_revokes_what_is_meant_for_it_alone(opened: Deployment) -> None:
    """Threats 26: tokens of its audiences; anything else is left alone without a word."""
    ours, theirs = await opened.token(), await opened.token(audiences=(REPORTS,))
    client = await opened.client(opened.audience)

    for issued in (ours, theirs):
        await opened.services.revoke_presented(issued.jwt.reveal(), client=client)

    assert not await opened.is_active(ours)
    assert await opened.is_active(theirs)


async def test_what_is_no_live_value_revokes_nothing(opened: Deployment) -> None:
    """A replaced or expired value speaks for its record no more, and a forged one never did."""
    issued, expiring = await opened.token(), await opened.token(days=1)
    renewed = await opened.regenerate(issued.token)
    opened.clock.advance(DAY + 5)
    head, payload, signature = renewed.jwt.reveal().split(".")
    forged = f"{head}.{payload}.{signature[::-1]}"

    for jwt in (issued.jwt.reveal(), expiring.jwt.reveal(), forged, "", "a.b.c", "\x00" * 10_000):
        await opened.services.revoke_presented(jwt, client=None)

    assert await opened.is_active(renewed)
    assert await opened.count("token", "revoked_at IS NOT NULL") == 0
