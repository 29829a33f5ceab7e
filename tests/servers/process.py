import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.servers.leash import Leash, family, send, wait_until

STARTS_WITHIN = 60  # seconds
STOPS_WITHIN = 30  # seconds


class ServerError(Exception):
    """A server did not come up, or did not do what it was asked; carries the end of its log."""


class ServerProcess:
    """A real server in the foreground, which a test may stop, kill, freeze and start again.

    Its command, port and folder stay the same over every restart. *ready* is asked until it says yes.
    The leash ends it when the test run dies without doing so.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        folder: Path,
        leash: Leash,
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.folder = folder
        self.log = folder / f"{name}.log"
        self._command = [str(word) for word in command]
        self._environment = {**os.environ, **(environment or {})}
        self._leash = leash
        self._ready = ready
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._paused: list[int] = []

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        alive = self._process is not None and self._process.poll() is None
        return self._process.pid if alive else None

    def start(self) -> None:
        """Bring it up, unless it is up, and wait until it answers; a paused server resumes.

        Raises:
            ServerError: it ended, or did not answer within `STARTS_WITHIN` seconds.
        """
        self.resume()
        if self.pid is not None:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches pytest alone, which then stops its servers in order
            )
        self._leash.hold(self.folder, self._process.pid)
        wait_until(lambda: self.pid is None or self._ready(), within=STARTS_WITHIN)
        if self.pid is None or not self._ready():
            self.kill9()
            raise ServerError(f"{self.name} did not start:\n{self.last_words()}")

    def stop(self) -> None:
        """End it in order, as an operator would."""
        self.resume()
        if self.pid is None:
            return
        self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise ServerError(f"{self.name} did not stop:\n{self.last_words()}") from None
        self._leash.release(self.folder)

    def kill9(self) -> None:
        """End it and its children at once by SIGKILL; returns when all of them are gone."""
        if self._process is None:
            return
        members = family(self._process.pid)
        send(signal.SIGKILL, members)
        self._process.wait()
        self._paused = []
        if not wait_until(lambda: not family(*members), within=STOPS_WITHIN):
            raise ServerError(f"{self.name} survives SIGKILL")
        self._leash.release(self.folder)

    def pause(self) -> None:
        """Freeze it and its children: connections stay open and nothing answers."""
        if self.pid is None:
            raise ServerError(f"{self.name} does not run")
        send(signal.SIGSTOP, [self.pid])  # the parent first: it can start no child that would be missed
        self._paused = family(self.pid)
        send(signal.SIGSTOP, self._paused)

    def resume(self) -> None:
        """Let a paused server go on; nothing where it is not paused."""
        send(signal.SIGCONT, self._paused)
        self._paused = []

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2_000:]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, below the range that outgoing connections take theirs from.

    So it stays free while its server is down between a kill and the next start.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def private_folder(name: str, leash: Leash) -> Iterator[Path]:
    """A temporary folder for one server, deleted at the end whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=f"safeconduct-{name}-"))
    leash.release(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
