"""The first start: what is made when there is nothing, once, however many processes begin."""

import asyncio
from contextlib import AsyncExitStack

from keys import KeyState
from tests.application.deployment import Deployment


async def test_replicas_that_are_started_together_come_up_as_one(on_fresh_postgresql: Deployment) -> None:
    """Four first starts at once on an empty database: one schema, one catalogue, one set of keys, and each
    process recognises what any other issued.
    """
    on = on_fresh_postgresql
    async with AsyncExitStack() as stack:
        processes = [on.process() for _ in range(4)]
        opened = await asyncio.gather(*(stack.enter_async_context(process) for process in processes))
        on.opened = opened[0]
        for process in opened:
            await process.services.current.reload(on.storage)

        assert await on.count("catalogue") == 1
        assert await on.count("signing_key") == 4
        assert await on.count("signing_key", "state = 'active'") == 2
        assert len({process.services.current.published for process in opened}) == 1
        owner = await on.user()
        issued = [await on.token(owner, services=process.services) for process in opened]
        verdicts = [
            await on.is_active(each, services=process.services) for each in issued for process in opened
        ]
        assert verdicts == [True] * 16


async def test_a_first_start_without_a_master_key_makes_no_keys(on: Deployment) -> None:
    """Nothing is sealed under nothing; the catalogue is there, and a start with the key finishes the work."""
    async with on.process(masters=None) as keyless:
        on.opened = keyless
        assert await on.count("signing_key") == await on.count("sealed_secret") == 0
        assert await on.count("catalogue") == 1

    async with on.process() as process:
        on.opened = process
        states = [state for (state,) in await on.sql("SELECT state FROM signing_key ORDER BY state")]
        assert states == [KeyState.ACTIVE, KeyState.ACTIVE, KeyState.NEXT, KeyState.NEXT]
        assert await on.is_active(await on.token())
