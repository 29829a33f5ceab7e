"""Machines whose clocks are wrong: libfaketime in processes of their own, which a test turns while they run."""

import time
from collections.abc import Mapping
from pathlib import Path

from tests.tools.pieces import require


class WrongClock:
    """The wall clock of one machine, ahead of the true one by `seconds` (negative: behind).

    Every process that starts with `environment` goes by it, in Python and in every library; timers go on by the
    monotonic clock as they are.
    """

    def __init__(self, folder: Path, seconds: int = 0) -> None:
        self._file = folder / "wrong-clock"
        self.turn_to(seconds)

    def turn_to(self, seconds: int) -> None:
        self._write(f"{seconds:+d}")

    def stop_at(self, now: int) -> None:
        """Let it stand still at *now*, in POSIX seconds."""
        self._write(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now)))

    def _write(self, setting: str) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{setting}\n")
        fresh.replace(self._file)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "TZ": "UTC",
        }


def _library() -> Path:
    """Which `faketime` would load; it stands beside the program wherever that was unpacked."""
    root = require("faketime").path.parents[1]
    return next(root.glob("lib/*/faketime/libfaketimeMT.so.1"))
