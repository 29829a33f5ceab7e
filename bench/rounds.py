"""Two servers loaded in turn, A B A B, and what that says: medians, spread, and ratios within a round."""

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.load import Job
from bench.processes import PythonServer, pinned_run


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long is measured: `rounds` times `seconds` for each server."""

    rounds: int
    seconds: float
    concurrency: int = 32


@dataclass(frozen=True, kw_only=True)
class Load:
    """One round of one server. `cpu_us` is its CPU per request, in microseconds."""

    rps: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    answers: int
    bad: int


def load(server: PythonServer, requests: Path, plan: Plan, **limits: Any) -> Load:
    """One round. Raises RuntimeError when nothing was answered."""
    job = Job(
        port=server.port,
        pid=server.process_id,
        requests=str(requests),
        concurrency=plan.concurrency,
        **{"seconds": plan.seconds, **limits},
    )
    tally = json.loads(pinned_run("bench.load", json.dumps(asdict(job))))
    if not tally["answers"]:
        raise RuntimeError(f"{server.name} answered nothing:\n{server.last_words()}")
    if tally["bad"]:
        raise RuntimeError(f"{server.name} refused {tally['bad']} requests: {tally['statuses']}")
    return Load(
        rps=tally["answers"] / tally["seconds"],
        cpu_us=tally["cpu"] / tally["answers"] * 1_000_000,
        p50_ms=tally["p50_ms"],
        p99_ms=tally["p99_ms"],
        answers=tally["answers"],
        bad=tally["bad"],
    )


def compare(bare: PythonServer, service: PythonServer, requests: Path, plan: Plan) -> dict[str, Any]:
    """The rounds of both, and how near the service comes to the bare server in the same round."""
    rounds = [
        {"bare": load(bare, requests, plan), "service": load(service, requests, plan)}
        for _ in range(plan.rounds)
    ]
    return {
        "rounds": [{name: asdict(each) for name, each in one.items()} for one in rounds],
        "share_by_cpu": spread([one["bare"].cpu_us / one["service"].cpu_us for one in rounds]),
        "share_by_rps": spread([one["service"].rps / one["bare"].rps for one in rounds]),
        "bare": figures([one["bare"] for one in rounds]),
        "service": figures([one["service"] for one in rounds]),
    }


def figures(loads: list[Load]) -> dict[str, Any]:
    return {
        name: spread([getattr(each, name) for each in loads])
        for name in ("rps", "cpu_us", "p50_ms", "p99_ms")
    }


def spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "least": min(values), "most": max(values)}


def first_answer(port: int, request: str) -> bytes:
    """The body of the answer to one request, on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.replace("\r\n", "\r\nConnection: close\r\n", 1).encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    if head[9:10] != b"2":
        raise RuntimeError(head.decode("latin-1"))
    return body
