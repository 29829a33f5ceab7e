"""How long a key with many values takes to end on PostgreSQL, and how long creations wait for the key set meanwhile.

python -m bench.compromise [TOKENS] [OWNERS]
"""

import asyncio
import time
from contextlib import suppress

from bench.many import on_postgres
from bench.traffic import SCOPES, opened_for_bench, owner, record_ids
from keys import Purpose
from service.domain.issuance import Expiry, TokenRequest
from service.settings import Settings
from service.wiring import Opened


async def create_singly(opened: Opened, owner_id: str) -> list[float]:
    """Seconds that each creation took, one after the other, until told to stop."""
    request = TokenRequest(note="bench", scopes=SCOPES, expiry=Expiry(days=30))
    took: list[float] = []
    with suppress(asyncio.CancelledError):
        while True:
            begun = time.perf_counter()
            await opened.services.issue(request, owner_id=owner_id, actor="bench")
            took.append(time.perf_counter() - begun)
    return took


async def measure(settings: Settings, tokens: int, owners: int) -> None:
    async with opened_for_bench(settings) as opened:
        people = [await owner(opened, number) for number in range(owners)]
        bystander = await owner(opened, owners)
        await record_ids(opened, people, tokens)
        kid = opened.services.current.ring.active(Purpose.ACCESS_TOKEN).kid
        creating = asyncio.create_task(create_singly(opened, bystander.id))
        begun = time.perf_counter()
        changed = await opened.services.compromise_key(kid, reason="drill", actor="bench")
        seconds = time.perf_counter() - begun
        creating.cancel()
        waits = sorted(await creating)
        print(f"{changed.revoked} values ended in {seconds:.2f} s: {changed.revoked / seconds:,.0f} a second")
        median, longest = waits[len(waits) // 2], waits[-1]
        print(f"{len(waits)} creations: median {median * 1e3:.0f} ms, longest {longest * 1e3:.0f} ms")


if __name__ == "__main__":
    on_postgres(measure)
