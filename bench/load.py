"""The clients: keep-alive connections in one process, one request at a time on each, loopback only.

Run as `python -m bench.load`, with a job as one JSON object on standard input; answers a JSON object. The requests
are whole HTTP/1.1 messages made beforehand, and of an answer only status and length are read, so that the clients
cost less than the server.
"""

import asyncio
import itertools
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

import uvloop

from bench.processes import cpu_seconds
from tests.servers.leash import family

PATIENCE = 10.0  # seconds for the answers that are still under way at the end


@dataclass(frozen=True, kw_only=True)
class Job:
    """Load on one server. `requests` is a file with a JSON array; each connection takes every n-th of them in turn.

    Counting begins after `warm` seconds and ends after `seconds` more, or after `most` answers.
    """

    port: int
    pid: int
    requests: str
    concurrency: int = 32
    warm: float = 0.5
    seconds: float = 3.0
    most: int = sys.maxsize


@dataclass(kw_only=True)
class Tally:
    """What was counted. CPU is the server's, user and system, over the counted time."""

    answers: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    bad: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)


class Connection(asyncio.Protocol):
    def __init__(self, requests: list[bytes], tally: Tally, most: int) -> None:
        self._requests = itertools.cycle(requests)
        self._tally = tally
        self._most = most
        self._pending = b""
        self._sent = 0.0
        self._transport: Any = None
        self.sending = True
        self.idle = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        data = self._pending + data
        end = data.find(b"\r\n\r\n")
        at = data.find(b"\r\nContent-Length: ", 0, end)
        if at < 0:  # as uvicorn writes it
            at = data.find(b"\r\ncontent-length: ", 0, end)
        if end < 0 or at < 0 or len(data) < end + 4 + int(data[at + 18 : data.find(b"\r\n", at + 18)]):
            self._pending = data
            return
        self._pending = b""
        self._count(data)
        self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.idle.done():
            self._tally.bad += 1
            self.idle.set_result(None)

    def close(self) -> None:
        self._transport.close()

    def _count(self, answer: bytes) -> None:
        tally = self._tally
        tally.answers += 1
        tally.latencies.append(perf_counter() - self._sent)
        if answer[9:10] != b"2":
            tally.bad += 1
            tally.statuses[answer[9:12].decode("latin-1")] += 1
        if tally.answers >= self._most:
            self.sending = False

    def _send(self) -> None:
        if self.sending:
            self._sent = perf_counter()
            self._transport.write(next(self._requests))
        elif not self.idle.done():
            self.idle.set_result(None)


async def run(job: Job, requests: list[bytes]) -> dict[str, Any]:
    loop, tally = asyncio.get_running_loop(), Tally()
    connections: list[Connection] = []
    for number in range(job.concurrency):
        share = requests[number % len(requests) :: job.concurrency]
        _, connection = await loop.create_connection(
            lambda share=share: Connection(share, tally, job.most), "127.0.0.1", job.port
        )
        connections.append(connection)
    await _count(job, tally, connections)
    measured = {**asdict(tally), "latencies": None}
    for connection in connections:
        connection.sending = False
    await asyncio.wait([connection.idle for connection in connections], timeout=PATIENCE)
    for connection in connections:
        connection.close()
    hundredths = quantiles(tally.latencies, n=100) if len(tally.latencies) > 1 else [0.0] * 99
    return {**measured, "p50_ms": hundredths[49] * 1000, "p99_ms": hundredths[98] * 1000}


async def _count(job: Job, tally: Tally, connections: list[Connection]) -> None:
    await asyncio.sleep(job.warm)
    tally.answers, tally.bad = 0, 0
    tally.latencies.clear()
    began, cpu = perf_counter(), _cpu_seconds(job.pid)
    await asyncio.wait([connection.idle for connection in connections], timeout=job.seconds)
    tally.seconds, tally.cpu = perf_counter() - began, _cpu_seconds(job.pid) - cpu


def _cpu_seconds(pid: int) -> float:
    """Of a server and its workers."""
    return sum(map(cpu_seconds, family(pid)))


def main() -> None:
    job = Job(**json.load(sys.stdin))
    requests = [text.encode("latin-1") for text in json.loads(Path(job.requests).read_text("utf-8"))]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(run(job, requests)), sys.stdout)


if __name__ == "__main__":
    main()
