"""Where this package reads the time, and nowhere else."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple


class Clock(NamedTuple):
    """`wall` is POSIX seconds and may be set wrong or back; `monotonic` is seconds that only grow."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]


SYSTEM: Final = Clock(time.time, time.monotonic)
