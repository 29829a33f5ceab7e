"""Several processes of the service on one machine, which share its port (SO_REUSEPORT).

Each is a replica like any other; what is here starts them, starts those again that died, and stops them in order.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Final

import structlog

from service.settings import Settings

log = structlog.get_logger("workers")

_YOUNG: Final = 10.0
"""Seconds: who ends sooner has not started properly."""
_LONGEST_PAUSE: Final = 30.0


class WorkerFailed(Exception):
    """A worker ended by itself while it started for the first time. Carries its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a worker could not start: exit code {code}")
        self.code = code


def worker_command(number: int, leash: int) -> Sequence[str]:
    """The command line of one worker; it ends when nobody holds the other end of the pipe `leash`."""
    return [sys.executable, "-m", "service", "serve", "--worker", str(number), "--leash", str(leash)]


async def supervise(settings: Settings, count: int) -> int:
    """Run `count` workers until SIGTERM or SIGINT; answers the exit code.

    Raises:
        OSError: the port is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    with _held_port(settings), _leash() as leash:
        keepers = [asyncio.create_task(_keep(number, leash, stop)) for number in range(count)]
        try:
            await asyncio.gather(*keepers)
        except WorkerFailed as failure:
            stop.set()
            await asyncio.gather(*keepers, return_exceptions=True)
            return failure.code
    return 0


async def _keep(number: int, leash: int, stop: asyncio.Event) -> None:
    """One worker, again and again."""
    loop, failures, first = asyncio.get_running_loop(), 0, True
    while not stop.is_set():
        began = loop.time()
        code = await _run_once(number, leash, stop)
        if stop.is_set():
            return
        young = loop.time() - began < _YOUNG
        if first and young and code > 0:
            raise WorkerFailed(code)
        first, failures = False, failures + 1 if young else 0
        log.error("worker_died", worker=number, code=code)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), min(_LONGEST_PAUSE, 0.1 * 2**failures))


async def _run_once(number: int, leash: int, stop: asyncio.Event) -> int:
    """Its exit code, negative for a signal. When it is time to stop, it is told, and waited for."""
    process = await asyncio.create_subprocess_exec(*worker_command(number, leash), pass_fds=[leash])
    log.info("worker", worker=number, pid=process.pid)
    ended = asyncio.ensure_future(process.wait())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not ended.done():
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    return await ended


@contextlib.contextmanager
def _held_port(settings: Settings) -> Iterator[None]:
    """Nobody else has the port, and between two workers nobody else gets it. Bound, never listening."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM
    )[0]
    with socket.socket(family, kind, protocol) as alone:
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        alone.bind(address)
    with socket.socket(family, kind, protocol) as shared:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind(address)
        yield


@contextlib.contextmanager
def _leash() -> Iterator[int]:
    """The end of a pipe that reads end-of-file once this process is gone, however that came about."""
    ours, theirs = os.pipe()
    try:
        yield ours
    finally:
        os.close(ours)
        os.close(theirs)
