"""How fast a revocation gets out, to how many at once, and what lists of millions cost.

python -m bench.publication [--revocations N] [--streams N]      from the acknowledgement to Redis and the streams
python -m bench.publication --lists                              lists of 1, 10 and 100 million tokens, 1 % revoked
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from statistics import median

import redis

from bench.lists import lists
from bench.processes import ROOT, cpu_seconds
from tests.lab.cluster import Cluster, running_cluster
from tests.lab.replica import TOKENS, Person, Replica
from tests.publish.redis_page import prefix
from tests.servers.leash import Leash
from tests.servers.postgresql import running_postgres
from tests.servers.redis import running_redis
from tests.tools.pieces import require

REST = 0.1
"""Seconds between two revocations: there is no other load."""
EVENTS = 20
"""Of which each goes to all streams."""


class Readers:
    """Readers of one replica's stream, in a process of their own (bench/stream_readers.py)."""

    def __init__(self, replica: Replica, readers: int, events: int) -> None:
        words = [sys.executable, "-m", "bench.stream_readers"]
        self._process = subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {"port": replica.port, "readers": readers, "events": events}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "ready\n"

    def heard(self) -> list[list[float]]:
        """For each event when each reader had it."""
        output, _ = self._process.communicate(timeout=60)
        times: list[list[float]] = json.loads(output)
        return times


def quantile(seconds: Sequence[float], percent: int) -> float:
    """In milliseconds."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1e3


def tell(name: str, seconds: Sequence[float]) -> None:
    p50, p99, most = (quantile(seconds, percent) for percent in (50, 99, 100))
    print(f"{name:<52} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   most {most:7.1f} ms", flush=True)


def revoke(ann: Person, count: int) -> list[float]:
    """When each of so many revocations was acknowledged."""
    acknowledged = []
    for token in [ann.create() for _ in range(count)]:
        assert ann.call("DELETE", f"{TOKENS}/{token['id']}").status == 200
        acknowledged.append(time.monotonic())
        time.sleep(REST)
    return acknowledged


def follow(client: redis.Redis, key: str, count: int, times: list[float]) -> None:
    """When each change was in Redis, whose bits are set by the same script."""
    last = "$"
    while len(times) < count:
        for _, entries in client.xread({key: last}, block=60_000):
            times += [time.monotonic()] * len(entries)
            last = entries[-1][0]


def one_by_one(cluster: Cluster, client: redis.Redis, count: int) -> None:
    near, far = cluster.replicas
    streams = {"its own": Readers(near, 1, count), "another": Readers(far, 1, count)}
    in_redis: list[float] = []
    following = threading.Thread(
        target=follow, args=(client, f"{prefix(near.deployment.issuer)}changes", count, in_redis)
    )
    following.start()
    acknowledged = revoke(near.administrator, count)
    following.join()

    def delays(times: Sequence[float]) -> list[float]:
        return [max(0.0, there - then) for there, then in zip(times, acknowledged, strict=True)]

    tell("acknowledged revoke to the bit in Redis", delays(in_redis[:count]))
    for whose, readers in streams.items():
        tell(
            f"acknowledged revoke to {whose} replica's stream",
            delays([event[0] for event in readers.heard()]),
        )


def to_everybody(name: str, replica: Replica, ann: Person, count: int) -> None:
    """`ann` revokes at her replica. Medians over the events."""
    readers = Readers(replica, count, EVENTS)
    assert replica.pid is not None
    spent = cpu_seconds(replica.pid)
    acknowledged = revoke(ann, EVENTS)
    spent = (cpu_seconds(replica.pid) - spent) / EVENTS
    after, spread = [], []
    for event, then in zip(readers.heard(), acknowledged, strict=True):
        after.append([max(0.0, at - then) for at in event])
        spread.append([at - min(event) for at in event])
    print(
        f"{count} streams of {name} replica: {spent * 1e3:.1f} ms of its CPU for each event and what surrounds it"
    )
    for since, delays in (("the acknowledgement", after), ("the first of them", spread)):
        p50, p99 = (median(quantile(each, percent) for each in delays) for percent in (50, 99))
        least, most = (pick(quantile(each, 99) for each in delays) for pick in (min, max))
        print(
            f"{count} streams of {name} replica, after {since:<20} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms"
            f" ({least:.1f}..{most:.1f})",
            flush=True,
        )


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
            client = redis.Redis.from_url(server.url, socket_timeout=90)
            one_by_one(cluster, client, chosen.revocations)
            near, far = cluster.replicas
            for name, replica in (("its own", near), ("another", far)):
                to_everybody(name, replica, near.administrator, chosen.streams)


if __name__ == "__main__":
    main()
