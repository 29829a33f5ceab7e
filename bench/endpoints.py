"""The service beside bare aiohttp, on one core each in turn: introspection and creation over PostgreSQL, and memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.deployment import Deployment
from bench.processes import PythonServer, resident_mib, running
from bench.rounds import Plan, compare, first_answer, load
from bench.traffic import INTROSPECT, ISSUE
from tests.servers.leash import Leash

INTROSPECTIONS = 100_000


def introspection(deployment: Deployment, leash: Leash, plan: Plan) -> dict[str, Any]:
    """(a) and (b)."""
    request = deployment.prepared.introspections[0]
    with _bare(deployment, leash, INTROSPECT, request) as bare:
        return compare(bare, deployment.server, deployment.introspections, plan)


def issue(deployment: Deployment, leash: Leash, plan: Plan) -> dict[str, Any]:
    """(a) and (c). Each connection has owners of its own, so that no two creations wait for one owner's row."""
    with _bare(deployment, leash, ISSUE, deployment.prepared.creations[0]) as bare:
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
def _bare(deployment: Deployment, leash: Leash, path: str, request: str) -> Iterator[PythonServer]:
    """aiohttp alone, which gives the service's answer to `request` to everyone."""
    answer = deployment.folder / "answer"
    answer.write_bytes(first_answer(deployment.server.port, request))
    folder = Path(deployment.folder)
    words = ("-m", "bench.bare", "{port}", path, str(answer))
    with running(PythonServer("bare", words, folder=folder, leash=leash, environment={})) as server:
        yield server
