"""A command at a real terminal: it sees a tty, and what it shows and is typed is on one record."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.servers.leash import wait_until

WITHIN = 30  # seconds
ROWS = 24
END = "the end"
PAINT = re.compile(r"\x1b\[[0-9;]*m")


def _take_terminal() -> None:
    """Make standard input the controlling terminal, which is where passwords are asked for.

    A shell lets what it starts in the background ignore Ctrl-C; a command at a terminal does not.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """Runs a command on a pseudo-terminal that is its controlling terminal, so that it can ask for passwords."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], *, cwd: Path, columns: int) -> None:
        self.record = ""
        self._expected = 0
        self._screen, ours = pty.openpty()
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        self.process = subprocess.Popen(
            command,
            env={**env, "TERM": "xterm-256color"},
            stdin=ours,
            stdout=ours,
            stderr=ours,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - two system calls, no lock, no allocation
        )
        os.close(ours)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._screen)

    def expect(self, text: str) -> None:
        """Wait until the text stands behind what was expected before."""
        self._read_until(lambda: text in self.record[self._expected :], text)
        self._expected = self.record.index(text, self._expected) + len(text)

    def type(self, line: str) -> None:
        os.write(self._screen, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Ctrl-C, once the command waits for what is typed: CPython would notice a signal of the moment before its
        read only after more was typed.
        """
        assert wait_until(self._waits, within=WITHIN)
        os.write(self._screen, b"\x03")

    def _waits(self) -> bool:
        status = Path(f"/proc/{self.process.pid}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "S"

    def finish(self) -> int:
        """Read to the end; the exit code."""
        self._read_until(lambda: False, END)
        return self.process.wait(WITHIN)

    @property
    def words(self) -> str:
        """The record without what only paints."""
        return PAINT.sub("", self.record)

    def _read_until(self, there: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WITHIN
        while not there():
            ready, _, _ = select.select([self._screen], [], [], deadline - time.monotonic())
            assert ready, f"{what!r} did not come within {WITHIN} s: {self.record}"
            try:
                piece = os.read(self._screen, 65_536)
            except OSError:  # Linux says so when the last writer has gone
                piece = b""
            if not piece:
                assert what is END, f"it ended without {what!r}: {self.record}"
                return
            self.record += piece.decode()
