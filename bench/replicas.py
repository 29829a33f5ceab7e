"""What introspection costs a process that is one of three with Redis on, or one of two workers, beside one
that is alone.

python -m bench.replicas [--rounds N] [--seconds S] [--tokens N]
"""

import argparse
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from statistics import median

from bench.deployment import SERVE, Deployment, deployed
from bench.endpoints import bare_server
from bench.processes import PythonServer, cpu_seconds, running
from bench.rounds import Load, Plan, load
from bench.traffic import INTROSPECT
from tests.servers.leash import Leash, family
from tests.servers.process import private_folder
from tests.servers.redis import running_redis
from tests.tools.pieces import require

REST = 4.0
"""Seconds for which nobody asks."""


def started(
    stack: ExitStack, leash: Leash, deployment: Deployment, name: str, *words: str, **settings: str
) -> PythonServer:
    """One more server over the same database."""
    folder = stack.enter_context(private_folder("bench", leash))
    own = {"SAFECONDUCT_DATA_DIR": str(folder), **settings}
    environment: Mapping[str, str] = {**deployment.environment, **own}
    server = PythonServer(name, (*SERVE, *words), folder=folder, leash=leash, environment=environment)
    stack.enter_context(running(server))
    return server


def measure(deployment: Deployment, servers: Mapping[str, PythonServer], plan: Plan) -> dict[str, list[Load]]:
    """Each in turn, round by round; two workers with twice the connections, so that each has as many as one alone."""
    loads: dict[str, list[Load]] = {name: [] for name in servers}
    for _ in range(plan.rounds):
        for name, server in servers.items():
            several = replace(plan, concurrency=plan.concurrency * (2 if name.startswith("two") else 1))
            loads[name].append(load(server, deployment.introspections, several))
    return loads


def at_rest(servers: Mapping[str, PythonServer]) -> dict[str, float]:
    """Milliseconds of CPU a second while nobody asks: polls and housekeeping."""

    def spent() -> dict[str, float]:
        return {name: sum(map(cpu_seconds, family(each.process_id))) for name, each in servers.items()}

    before = spent()
    time.sleep(REST)
    return {name: (after - before[name]) / REST * 1e3 for name, after in spent().items()}


def tell(loads: Mapping[str, list[Load]], rest: Mapping[str, float]) -> None:
    bare = loads["bare aiohttp"]
    for name, each in loads.items():
        cpu = [one.cpu_us for one in each]
        share = median(a.cpu_us / b.cpu_us for a, b in zip(bare, each, strict=True))
        working = median(one.cpu_us - rest[name] * 1e3 / one.rps for one in each)
        print(
            f"{name:<36}{median(cpu):>7.1f} us CPU ({min(cpu):.1f}..{max(cpu):.1f}), share of bare {share:.2f}, "
            f"{median(one.rps for one in each):.0f} requests/s; at rest {rest[name]:.1f} ms/s; without {working:.1f} us"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--tokens", type=int, default=10_000)
    chosen = parser.parse_args()
    plan = Plan(rounds=chosen.rounds, seconds=chosen.seconds)
    with (
        closing(Leash()) as leash,
        running_redis(require("redis"), leash) as redis,
        deployed(leash, chosen.tokens) as deployment,
        ExitStack() as stack,
    ):
        published = {"SAFECONDUCT_REDIS_URL": redis.url}
        replicas = [started(stack, leash, deployment, f"replica {n}", **published) for n in range(3)]
        workers = started(stack, leash, deployment, "workers", "--workers", "2", **published)
        request = deployment.prepared.introspections[0]
        servers = {
            "bare aiohttp": stack.enter_context(bare_server(deployment, leash, INTROSPECT, request)),
            "alone, without Redis": deployment.server,
            "one of three replicas, with Redis": replicas[0],
            "two workers, with Redis": workers,
        }
        rest = at_rest(servers)
        tell(measure(deployment, servers, plan), rest)


if __name__ == "__main__":
    main()
