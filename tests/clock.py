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
