"""How fast many tokens are ended on PostgreSQL, and how long single revocations wait meanwhile.

python -m bench.revoke_many [TOKENS] [OWNERS]   goals: 5,000 a second; single ones within 250 ms
"""

import asyncio
import time
from contextlib import suppress

from bench.many import on_postgres
from bench.traffic import opened_for_bench, owner, record_ids
from service.settings import Settings
from service.wiring import Opened

SINGLES = 200


async def revoke_singly(opened: Opened, ids: list[str], owner_id: str) -> list[float]:
    """Seconds that each took, one after the other, until told to stop."""
    took: list[float] = []
    with suppress(asyncio.CancelledError):
        for token_id in ids:
            begun = time.perf_counter()
            await opened.services.revoke(token_id, owner_id=owner_id, actor="bench", reason="one")
            took.append(time.perf_counter() - begun)
    return took


async def measure(settings: Settings, tokens: int, owners: int) -> None:
    async with opened_for_bench(settings) as opened:
        people = [await owner(opened, number) for number in range(owners)]
        bystander = await owner(opened, owners)
        many = await record_ids(opened, people, tokens)
        others = await record_ids(opened, [bystander], SINGLES)
        singles = asyncio.create_task(revoke_singly(opened, others, bystander.id))
        begun = time.perf_counter()
        outcomes = await opened.services.revoke_many.by_ids(many, owner_id=None, actor="bench", reason="many")
        seconds = time.perf_counter() - begun
        singles.cancel()
        waits = sorted(await singles)
        print(f"{len(outcomes)} revoked in {seconds:.2f} s: {len(outcomes) / seconds:,.0f} a second")
        if waits:
            median, longest = waits[len(waits) // 2], waits[-1]
            print(f"{len(waits)} single ones: median {median * 1e3:.0f} ms, longest {longest * 1e3:.0f} ms")


if __name__ == "__main__":
    on_postgres(measure)
