"""A clock that was set back signs nothing (R71, F24): the database remembers when it last let something be signed."""

import pytest

from keys import Purpose
from service.application.clock_mark import LEEWAY, ClockBehind
from tests.application.deployment import DAY, Deployment


async def test_a_clock_that_went_back_signs_nothing_until_it_has_caught_up(opened: Deployment) -> None:
    """F24: Create and regenerate are refused; what lives goes on, and a revocation waits for no clock."""
    first, second = await opened.token(), await opened.token()
    opened.clock.advance(-2 * LEEWAY)
    before = await opened.count("token_value")

    with pytest.raises(ClockBehind):
        await opened.token()
    with pytest.raises(ClockBehind):
        await opened.regenerate(first.token)

    assert await opened.count("token_value") == before
    assert await opened.is_active(first)
    await opened.revoke(second.token)
    assert not await opened.is_active(second)
    opened.clock.advance(2 * LEEWAY)
    assert await opened.is_active(await opened.token())


async def test_a_clock_that_is_hardly_behind_signs_on(opened: Deployment) -> None:
    """Clocks are corrected by seconds all the time; the mark stays where it was."""
    await opened.token()
    [(mark,)] = await opened.sql("SELECT value FROM head WHERE name = 'signed_at'")

    opened.clock.advance(-LEEWAY // 2)

    assert await opened.is_active(await opened.token())
    assert await opened.sql("SELECT value FROM head WHERE name = 'signed_at'") == [(mark,)]


async def test_the_mark_outlives_the_process(on: Deployment) -> None:
    """A restart, with a database or a machine whose clock is behind, changes nothing about it."""
    async with on.process() as process:
        on.opened = process
        await on.token()
    on.clock.advance(-2 * LEEWAY)

    async with on.process() as process:
        on.opened = process
        with pytest.raises(ClockBehind):
            await on.token()
        health = await process.services.readiness()

    assert not health.ready
    assert "behind a time at which something was signed" in health.checks["clock"]


async def test_readiness_says_so_and_takes_it_back(opened: Deployment) -> None:
    """Load balancers send their requests elsewhere meanwhile."""
    await opened.token()
    opened.clock.advance(-2 * LEEWAY)
    behind = await opened.services.readiness()
    opened.clock.advance(2 * LEEWAY)

    assert behind.checks["clock"] != "ok"
    assert (await opened.services.readiness()).checks["clock"] == "ok"


async def test_keys_do_not_rotate_by_such_a_clock_but_are_compromised(opened: Deployment) -> None:
    """Rotation counts in hours and can wait; a leaked key cannot."""
    opened.clock.advance(3 * DAY)
    issued = await opened.token()
    opened.clock.advance(-DAY)

    with pytest.raises(ClockBehind):
        await opened.services.rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="root")
    kid = opened.services.current.ring.active(Purpose.ACCESS_TOKEN).kid
    await opened.services.compromise_key(kid, reason="drill", actor="root")

    assert not await opened.is_active(issued)
