"""How fast a revocation gets out, to how many at once, and what lists of millions cost.

python -m bench.publication [--revocations N] [--streams N]      from the acknowledgement to Redis and another replica
python -m bench.publication --lists                              lists of 1, 10 and 100 million tokens, 1 % revoked
"""

import argparse
import asyncio
import random
import time
from contextlib import closing

import aiohttp
import redis
from safeconduct.lst import encode_lst
from safeconduct.status_list import LIST_BYTES, StatusList

from tests.lab.cluster import Cluster, running_cluster
from tests.lab.evidence import claims
from tests.lab.replica import TOKENS, Replica
from tests.publish.redis_page import prefix
from tests.publish.sse import Stream
from tests.servers.leash import Leash
from tests.servers.postgresql import running_postgres
from tests.servers.redis import running_redis
from tests.tools.pieces import require

PER_LIST = 2**17 - 8


def quantiles(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    print(f"{name:<44} p50 {p50 * 1e3:7.1f} ms   p99 {p99 * 1e3:7.1f} ms   most {ordered[-1] * 1e3:7.1f} ms")


def seen_in_redis(client: redis.Redis, issuer: str, token: str) -> float:
    """When the bit was there."""
    place = claims(token)["status"]["status_list"]
    key, idx = f"{prefix(issuer)}list:{place['uri'].rpartition('/')[2]}", place["idx"]
    while client.bitfield(key).get("u2", 8 * (idx // 4) + 6 - 2 * (idx % 4)).execute() != [1]:
        pass
    return time.perf_counter()


async def first_change(replica: Replica, http: aiohttp.ClientSession) -> Stream:
    response = await http.get(f"http://127.0.0.1:{replica.port}/v1/revocations")
    response.raise_for_status()
    stream = Stream(response)
    await stream.next_of("resync")
    return stream


async def one_by_one(cluster: Cluster, client: redis.Redis, revocations: int) -> None:
    near, far = cluster.replicas
    issuer, ann = near.deployment.issuer, near.administrator
    made = [ann.create() for _ in range(revocations)]
    to_redis, to_far = [], []
    async with aiohttp.ClientSession() as http:
        stream = await first_change(far, http)
        for token in made:
            waiting = asyncio.ensure_future(stream.next_of("change"))
            assert (await asyncio.to_thread(ann.call, "DELETE", f"{TOKENS}/{token['id']}")).status == 200
            begun = time.perf_counter()
            in_redis = asyncio.to_thread(seen_in_redis, client, issuer, token["token"])
            (_, heard), there = await asyncio.gather(_when(waiting), in_redis)
            to_redis.append(max(0.0, there - begun))
            to_far.append(max(0.0, heard - begun))
    quantiles("acknowledged revoke to the bit in Redis", to_redis)
    quantiles("acknowledged revoke to another replica's stream", to_far)


async def _when(future: asyncio.Future[object]) -> tuple[object, float]:
    return await future, time.perf_counter()


async def to_everybody(replica: Replica, streams: int) -> None:
    ann, connector = replica.administrator, aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(None)) as http:
        readers = [await first_change(replica, http) for _ in range(streams)]
        token = ann.create()
        heard = [asyncio.ensure_future(_when(reader.next_of("change"))) for reader in readers]
        await asyncio.sleep(0)
        answered = asyncio.to_thread(ann.call, "DELETE", f"{TOKENS}/{token['id']}")
        assert (await answered).status == 200
        begun = time.perf_counter()
        quantiles(
            f"one event to {streams} streams",
            [max(0.0, at - begun) for _, at in await asyncio.gather(*heard)],
        )


def lists() -> None:
    chance = random.Random(1)
    print(f"{'tokens':>12} {'lists':>6} {'compressed':>12} {'CPU to pack and compress':>26}")
    for millions in (1, 10, 100):
        count = -(-millions * 1_000_000 // PER_LIST)
        sample = min(count, 20)
        begun, size = time.process_time(), 0
        for _ in range(sample):
            revoked = chance.sample(range(4, PER_LIST), PER_LIST // 100)
            size += len(encode_lst(StatusList.fresh().changed((idx, 1) for idx in revoked).packed))
        seconds = (time.process_time() - begun) * count / sample
        print(f"{millions:>11}M {count:>6} {size * count / sample / 1e3:>9.0f} kB {seconds:>24.2f} s")
    print(f"each list {LIST_BYTES} bytes in memory; 20 were made, the rest is multiplied")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", action="store_true")
    parser.add_argument("--revocations", type=int, default=200)
    parser.add_argument("--streams", type=int, default=1_000)
    chosen = parser.parse_args()
    if chosen.lists:
        lists()
        return
    with (
        closing(Leash()) as leash,
        running_postgres(require("postgresql"), leash) as postgres,
        running_redis(require("redis"), leash) as server,
    ):
        also = {
            "SAFECONDUCT_REDIS_URL": server.url,
            "SAFECONDUCT_REVOCATION_STREAMS": str(3 * chosen.streams),
            "SAFECONDUCT_REVOCATION_STREAMS_PER_ADDRESS": str(3 * chosen.streams),
            "SAFECONDUCT_CONNECTIONS_AT_ONCE": str(4 * chosen.streams),
        }
        with running_cluster(leash, postgres, size=2, also=also) as cluster:
            client = redis.Redis.from_url(server.url)
            asyncio.run(one_by_one(cluster, client, chosen.revocations))
            asyncio.run(to_everybody(cluster.replicas[0], chosen.streams))


if __name__ == "__main__":
    main()
