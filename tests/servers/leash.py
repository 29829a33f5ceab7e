"""Ends the servers of a test run that died without doing so itself: by SIGKILL, a crash, a second Ctrl-C.

`Leash` is the end that pytest holds; the module run as a program is the other one. Its standard input closes
when pytest is gone, however that came about; then it ends what is still held and deletes the folders.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Leash:
    """Holds server processes by their folder, and the folders, for as long as the test run lives."""

    def __init__(self) -> None:
        self._program = subprocess.Popen(
            [sys.executable, "-m", __spec__.name], cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True
        )

    @property
    def pid(self) -> int:
        return self._program.pid

    def hold(self, folder: Path, pid: int) -> None:
        self._say(f"{pid} {folder}")

    def release(self, folder: Path) -> None:
        """The server of *folder* has ended; the folder itself is still held."""
        self._say(f"0 {folder}")

    def close(self) -> None:
        """End and delete what is still held."""
        self._program.stdin.close()
        self._program.wait()

    def _say(self, line: str) -> None:
        self._program.stdin.write(line.encode() + b"\n")
        self._program.stdin.flush()


def send(number: signal.Signals, pids: Iterable[int]) -> None:
    """Send a signal to those of *pids* that are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def wait_until(holds: Callable[[], bool], *, within: float) -> bool:
    """Ask until *holds* says yes, for *within* seconds at most; tell whether it did."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def family(*pids: int) -> list[int]:
    """Those of *pids* that live, and all their descendants; a zombie counts as dead."""
    parents = _parents()
    members = [pid for pid in pids if pid in parents]
    for member in members:
        members += [child for child, parent in parents.items() if parent == member and child not in members]
    return members


def _parents() -> dict[int, int]:
    """Every living process of this machine and its parent."""
    if sys.platform == "darwin":
        rows = subprocess.run(
            ["ps", "-A", "-o", "pid=", "-o", "stat=", "-o", "ppid="],
            capture_output=True,
            text=True,
            check=True,
        )
        fields = [row.split() for row in rows.stdout.splitlines()]
    else:
        fields = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
                fields.append((process.name, state, parent))
    return {int(pid): int(parent) for pid, state, parent in fields if not state.startswith("Z")}


def main() -> None:
    held: dict[str, int] = {}
    for line in sys.stdin:
        pid, _, folder = line.rstrip("\n").partition(" ")
        held[folder] = int(pid)
    parents = [pid for pid in held.values() if pid]
    members = family(*parents)
    send(signal.SIGTERM, parents)  # in order first: PostgreSQL gives its shared memory back
    send(signal.SIGCONT, members)
    wait_until(lambda: not family(*parents), within=5)
    send(signal.SIGKILL, family(*members))
    wait_until(lambda: not family(*members), within=5)
    for folder in held:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
