import time


class ShiftedClock:
    """The machine's clock, run ahead by as far as a test has turned it; PostgreSQL is told by `offset`."""

    def __init__(self) -> None:
        self._ahead = 0

    def __call__(self) -> int:
        return int(time.time()) + self._ahead

    def advance(self, seconds: int) -> int:
        """Turn by *seconds* (negative: set back) and tell the new time."""
        self._ahead += seconds
        return self()

    def offset(self) -> int:
        """Seconds between this clock and the machine's."""
        return self._ahead
