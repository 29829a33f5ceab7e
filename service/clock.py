"""The only place that reads the machine's clock."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Whole POSIX seconds, now."""


def system_clock() -> int:
    return int(time.time())


def system_milliseconds() -> int:
    return time.time_ns() // 1_000_000
