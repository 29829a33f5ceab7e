"""Processes on the cores that they are measured on, and what the kernel says of their CPU time and memory (Linux)."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.servers.leash import Leash, family
from tests.servers.process import ServerProcess, free_port

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES = {CORES[0]}
CLIENT_CORES = set(CORES[1:]) or SERVER_CORES
"""The clients and PostgreSQL share what the server leaves."""


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmRSS")


def pin(pid: int, cores: set[int]) -> None:
    """A process and its children, and all that they will start."""
    for member in family(pid):
        os.sched_setaffinity(member, cores)


class ListeningServer(ServerProcess):
    """A server that is up once it listens on its `port`."""

    port: int

    @property
    def process_id(self) -> int:
        assert self.pid is not None
        return self.pid

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


class PythonServer(ListeningServer):
    """A server written in Python, alone on its core."""

    def __init__(
        self, name: str, words: Sequence[str], *, folder: Path, leash: Leash, environment: Mapping[str, str]
    ) -> None:
        self.port = free_port()
        super().__init__(
            name,
            [sys.executable, *(word.format(port=self.port) for word in words)],
            folder=folder,
            leash=leash,
            ready=self._listens,
            environment={key: value.format(port=self.port) for key, value in environment.items()}
            | {"PYTHONPATH": str(ROOT)},
        )

    def start(self) -> None:
        super().start()
        pin(self.process_id, SERVER_CORES)


@contextmanager
def running(server: PythonServer) -> Any:
    try:
        server.start()
        yield server
    finally:
        server.stop()


def pinned_run(module: str, job: str) -> str:
    """Run a module of ours on the clients' cores with `job` on its standard input; its standard output."""
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    os.sched_setaffinity(process.pid, CLIENT_CORES)
    try:
        output, _ = process.communicate(job, timeout=600)
    finally:
        process.kill()
    if process.returncode:
        raise RuntimeError(f"{module} ended with {process.returncode}")
    return output
