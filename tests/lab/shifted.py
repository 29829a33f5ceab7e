"""Machines whose clocks are wrong, and a database whose clock a test turns: for processes of their own.

A process gets its clock from a file that Python reads at its start (`sitecustomize`), on top of the machine's;
asyncio's timers go on as they are. PostgreSQL's clock is the issuer's, turned for all its sessions at once.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import asyncpg

_WRONG_CLOCK = """
import os, time
_right = time.time
def _wrong():
    with open(os.environ["WRONG_CLOCK"]) as file:
        return _right() + int(file.read() or 0)
time.time = _wrong
"""


class WrongClock:
    """The clock of one machine, ahead of the true one by `seconds` (negative: behind)."""

    def __init__(self, folder: Path, seconds: int = 0) -> None:
        self._file = folder / "clock"
        self._path = folder / "wrong-clock"
        self._path.mkdir()
        (self._path / "sitecustomize.py").write_text(_WRONG_CLOCK)
        self.turn_to(seconds)

    def turn_to(self, seconds: int) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._file)

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": str(self._path), "WRONG_CLOCK": str(self._file)}


def turn_database_clock(url: str, seconds: int) -> None:
    """Let a database's clock run ahead by `seconds`: for new sessions; those there are end."""
    asyncio.run(_turn(url, seconds))


async def _turn(url: str, seconds: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(f"ALTER DATABASE \"{name}\" SET safeconduct.clock_offset = '{seconds}'")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
