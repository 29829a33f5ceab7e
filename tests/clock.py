import time


class TurnableClock:
    """A clock that stands still until a test turns it: whole POSIX seconds, forwards or back."""

    def __init__(self, now: int = 1_800_000_000) -> None:
        self._now = now

    def __call__(self) -> int:
        return self._now

    def advance(self, seconds: int) -> int:
        """Turn by *seconds* (negative: a clock set back) and tell the new time."""
        self._now += seconds
        return self._now


class RunningClock(TurnableClock):
    """The machine's clock, some time off, for tests with programs that read a clock of their own."""

    def __init__(self, offset: int = 0) -> None:
        super().__init__(offset)

    def __call__(self) -> int:
        return int(time.time()) + self._now
