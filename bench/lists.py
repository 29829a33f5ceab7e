"""What the lists of millions of tokens cost, 1 % of them revoked: to change their bits, to pack them from rows, to
compress them; and for how long the loop of the process that does it stands still.
"""

import asyncio
import random
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Final

from safeconduct.lst import encode_lst
from safeconduct.status_list import INVALID, LIST_BYTES, StatusList

from service.domain.permutation import CAPACITY
from service.domain.status_list import ListSnapshot

SAMPLE: Final = 20
"""Lists that are made; the rest is multiplied."""
ROUNDS: Final = 5
"""The least of which counts: the machine is shared."""
TICK: Final = 0.001
_REVOKED: Final = CAPACITY // 100


def cpu(work: Callable[[int], object]) -> float:
    """Seconds of CPU for one list."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for number in range(SAMPLE):
            work(number)
        rounds.append(time.process_time() - begun)
    return min(rounds) / SAMPLE


def lists() -> None:
    chance = random.Random(1)
    chosen = [chance.sample(range(4, CAPACITY), _REVOKED) for _ in range(SAMPLE)]
    snapshots = [_snapshot(indexes) for indexes in chosen]
    packed = [snapshot.statuses().packed for snapshot in snapshots]
    changing = cpu(lambda n: StatusList.fresh().changed((idx, INVALID) for idx in chosen[n]))
    packing = cpu(lambda n: snapshots[n].statuses())
    ways = {
        "level 9": lambda n: encode_lst(packed[n]),
        "level 6": lambda n: encode_lst(packed[n], level=6),
        "runs, as published": lambda n: encode_lst(packed[n], strategy=zlib.Z_RLE),
    }
    compressing = {name: cpu(way) for name, way in ways.items()}
    sizes = {name: sum(len(way(n)) * 3 // 4 for n in range(SAMPLE)) / SAMPLE for name, way in ways.items()}
    print(f"{'tokens':>7} {'lists':>6} {'change bits':>12} {'pack rows':>10}", end="")
    print("".join(f" {name:>28}" for name in ways), f"{'pack and runs':>15}")
    for millions in (1, 10, 100):
        count = -(-millions * 1_000_000 // CAPACITY)
        print(f"{millions:>6}M {count:>6} {changing * count:>10.3f} s {packing * count:>8.3f} s", end="")
        shown = (
            f"{sizes[name] * count / 1e3:>14,.0f} kB {compressing[name] * count:>9.3f} s" for name in ways
        )
        print("".join(f" {each}" for each in shown), end="")
        print(f" {(packing + compressing['runs, as published']) * count:>13.3f} s")
    print(f"each list {LIST_BYTES} bytes in memory; {SAMPLE} were made, the rest is multiplied")
    for name, late in asyncio.run(_pauses(snapshots)).items():
        print(f"longest pause of the loop {name}: {max(late) * 1e3:.1f} ms in {len(late)} ticks")


def _snapshot(indexes: Sequence[int]) -> ListSnapshot:
    entries = [(idx, INVALID) for idx in indexes]
    return ListSnapshot(list_id="x", version=1, as_of=1, unlisted=0, entries=entries)


def _rebuilt(snapshot: ListSnapshot) -> str:
    return encode_lst(snapshot.statuses().packed, strategy=zlib.Z_RLE)


async def _pauses(snapshots: Sequence[ListSnapshot]) -> dict[str, list[float]]:
    """By how many seconds timers of a millisecond were late: beside a sleeping thread, and one that rebuilds lists."""

    async def late(work: Callable[[ListSnapshot], object]) -> list[float]:
        async def rebuild() -> None:
            for _ in range(ROUNDS):
                for snapshot in snapshots:
                    await asyncio.to_thread(work, snapshot)

        rebuilding, seen = asyncio.create_task(rebuild()), [0.0]
        while not rebuilding.done():
            begun = time.perf_counter()
            await asyncio.sleep(TICK)
            seen.append(time.perf_counter() - begun - TICK)
        return seen

    return {
        "beside a thread that sleeps": await late(lambda _: time.sleep(0.005)),
        "beside one that rebuilds lists": await late(_rebuilt),
    }


if __name__ == "__main__":
    lists()
