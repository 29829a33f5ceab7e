"""The clock that tests of wrong clocks rely on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.servers.wrong_clock import WrongClock

DAY = 86_400
_TELL = """
import time
for _ in range(3):
    print(time.time(), time.monotonic(), flush=True)
    input()
"""


def _told(clock: WrongClock, turns: Sequence[Callable[[], None]]) -> list[tuple[float, float]]:
    """What one process reads of its wall clock and its monotonic one, before the turns and after each."""
    words = [sys.executable, "-c", _TELL]
    read = []
    with subprocess.Popen(
        words,
        env={**os.environ, **clock.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for turn in (*turns, lambda: None):
            wall, monotonic = process.stdout.readline().split()
            read.append((float(wall), float(monotonic)))
            turn()
            process.stdin.write("\n")
            process.stdin.flush()
    return read


def test_a_process_goes_by_the_clock_that_a_test_turns_while_it_runs(tmp_path: Path) -> None:
    """§8.6, F24: a day behind, then 40 seconds ahead, then standing still; timers see nothing of it."""
    clock = WrongClock(tmp_path, -DAY)

    behind, ahead, still = _told(clock, [lambda: clock.turn_to(40), lambda: clock.stop_at(1_800_000_000)])

    assert behind[0] == pytest.approx(time.time() - DAY, abs=30)
    assert ahead[0] == pytest.approx(time.time() + 40, abs=30)
    assert still[0] == 1_800_000_000
    assert behind[1] <= ahead[1] <= still[1] <= time.monotonic()
