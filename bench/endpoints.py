"""The service beside bare aiohttp, on one core each in turn: introspection and creation over PostgreSQL, and memory."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.deployment import SERVE, Deployment
from bench.flood import Flood
from bench.processes import PythonServer, pinned_run, resident_mib, running
from bench.rounds import Plan, compare, first_answer, load, spread
from bench.traffic import FORWARD_AUTH, INTROSPECT, ISSUE
from tests.servers.leash import Leash

INTROSPECTIONS = 100_000
FLOOD = 50  # attempts a second


def introspection(deployment: Deployment, leash: Leash, plan: Plan) -> dict[str, Any]:
    """(a) and (b)."""
    request = deployment.prepared.introspections[0]
    with bare_server(deployment, leash, INTROSPECT, request) as bare:
        return compare(bare, deployment.server, deployment.introspections, plan)


def unknown(deployment: Deployment, leash: Leash, plan: Plan) -> dict[str, Any]:
    """Genuine tokens whose hash nobody has: each goes through the verifier, whenever it is asked about."""
    request = deployment.prepared.twins[0]
    with bare_server(deployment, leash, INTROSPECT, request) as bare:
        return compare(bare, deployment.server, deployment.twins, plan)


def forward_auth(deployment: Deployment, leash: Leash, plan: Plan) -> dict[str, Any]:
    """The same tokens, asked about as gateways ask."""
    request = deployment.prepared.forwards[0]
    with bare_server(deployment, leash, FORWARD_AUTH, request) as bare:
        return compare(bare, deployment.server, deployment.forwards, plan)


def flood(deployment: Deployment, leash: Leash, plan: Plan) -> dict[str, Any]:
    """Introspection while FLOOD wrong passwords a second come in, each from elsewhere, and while none does."""
    environment = {**deployment.environment, "SAFECONDUCT_TRUSTED_PROXIES": "127.0.0.1/32"}
    server = PythonServer("flooded", SERVE, folder=deployment.folder, leash=leash, environment=environment)
    rounds, statuses = [], Counter[str]()
    with running(server), ThreadPoolExecutor(1) as aside:
        for _ in range(plan.rounds):
            quiet = load(server, deployment.introspections, plan)
            job = Flood(port=server.port, rate=FLOOD, seconds=plan.seconds + 1)
            flooding = aside.submit(pinned_run, "bench.flood", json.dumps(asdict(job)))
            flooded = load(server, deployment.introspections, plan)
            statuses.update(json.loads(flooding.result()))
            rounds.append({"quiet": quiet, "flooded": flooded})
    return {
        "rounds": [{name: asdict(each) for name, each in one.items()} for one in rounds],
        "times_quiet_p99": spread([one["flooded"].p99_ms / one["quiet"].p99_ms for one in rounds]),
        "statuses": dict(statuses),
    }


def issue(deployment: Deployment, leash: Leash, plan: Plan) -> dict[str, Any]:
    """(a) and (c). Each connection has owners of its own, so that no two creations wait for one owner's row."""
    with bare_server(deployment, leash, ISSUE, deployment.prepared.creations[0]) as bare:
        return compare(bare, deployment.server, deployment.creations, plan)


def memory(deployment: Deployment, plan: Plan) -> dict[str, Any]:
    """What a fresh process holds resident after INTROSPECTIONS introspections, in MiB."""
    server = deployment.server
    server.stop()
    server.start()
    at_start = resident_mib(server.process_id)
    done = load(server, deployment.introspections, plan, seconds=120.0, most=INTROSPECTIONS, warm=0.0)
    return {
        "tokens": len(deployment.prepared.introspections),
        "introspections": done.answers,
        "mib_at_start": at_start,
        "mib": resident_mib(server.process_id),
    }


@contextmanager
def bare_server(deployment: Deployment, leash: Leash, path: str, request: str) -> Iterator[PythonServer]:
    """aiohttp alone, which gives the service's answer to `request` to everyone."""
    answer = deployment.folder / "answer"
    answer.write_bytes(first_answer(deployment.server.port, request))
    folder = Path(deployment.folder)
    words = ("-m", "bench.bare", "{port}", path, str(answer))
    with running(PythonServer("bare", words, folder=folder, leash=leash, environment={})) as server:
        yield server
