"""How fast many tokens are ended on PostgreSQL, and how long single revocations wait meanwhile.

python -m bench.revoke_many [TOKENS] [OWNERS]   goals: 5,000 a second; single ones within 250 ms
"""

import asyncio
import sys
import time
from contextlib import closing, suppress

from bench.traffic import opened_for_bench, owner, record_ids
from keys import new_master_key_text
from service.settings import Settings
from service.wiring import Opened
from tests.servers.leash import Leash
from tests.servers.postgresql import running_postgres
from tests.tools.pieces import require

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


def main() -> None:
    tokens, owners = [*map(int, sys.argv[1:3]), *(10_000, 100)[len(sys.argv) - 1 :]]
    with closing(Leash()) as leash, running_postgres(require("postgresql"), leash) as postgres:
        settings = Settings(
            issuer="http://localhost:8080",
            database_url=postgres.url(postgres.create_database()),
            master_key=new_master_key_text(),
        )
        asyncio.run(measure(settings, tokens, owners))


if __name__ == "__main__":
    main()
