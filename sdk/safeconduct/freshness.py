"""When a document is to be fetched again: ahead of need, not all verifiers at once, and not too often."""

from collections.abc import Callable
from typing import Final

LONGEST_PAUSE: Final = 30.0
"""Seconds between two attempts that fail, at most (J_cool)."""

_NEVER = float("-inf")
_AHEAD = 0.75  # of a period: from here to its end a fetch is begun that nobody waits for
_SPREAD = 0.2  # of a period: what keeps verifiers apart that started together
_PATIENCE = 10.0  # seconds for a fetch begun ahead, before somebody waits for it


class Freshness:
    """One document's. All times are monotonic seconds; `jitter` gives numbers from 0 to 1.

    Until `refresh_at` the copy is simply used; until `deadline_at` it is used while a new one is fetched;
    from then on one waits for the new one, unless the last attempts failed.
    """

    __slots__ = (
        "_failures",
        "_jitter",
        "deadline_at",
        "fetched_at",
        "refresh_at",
        "retry_at",
        "tried_at",
        "under_way",
    )

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures = 0
        self.fetched_at = self.refresh_at = self.deadline_at = self.retry_at = self.tried_at = _NEVER
        self.under_way = False

    def required(self, monotonic: float, *, usable: bool) -> bool:
        """Whether whoever asks has to fetch it, or to wait for the fetch that is under way."""
        overdue = not usable or monotonic >= self.deadline_at
        if self.under_way or not overdue:
            return overdue
        return monotonic >= self.retry_at and self.begin(monotonic)

    def ahead(self, monotonic: float) -> bool:
        """Whether to fetch it now although nobody waits for it; whoever is told so has to."""
        if self.under_way or monotonic < self.refresh_at or monotonic < self.retry_at:
            return False
        return self.begin(monotonic)

    def begin(self, monotonic: float) -> bool:
        """A fetch is under way from now on; always True."""
        self.under_way = True
        self.tried_at = monotonic
        return True

    def fetched(self, monotonic: float, period: float) -> None:
        """It has come, and serves for `period` seconds."""
        self.under_way = False
        self._failures = 0
        self.retry_at = _NEVER
        self.fetched_at = monotonic
        self.refresh_at = monotonic + period * (_AHEAD + _SPREAD * self._jitter())
        self.deadline_at = monotonic + period

    def extend(self, end: float, period: float) -> None:
        """It is still good, until `end`; a fetch may wait that long."""
        if not self._failures:
            self.deadline_at = max(self.deadline_at, end)
            self.refresh_at = max(self.refresh_at, end - period * (1 - _AHEAD))

    def withdraw(self, monotonic: float, period: float) -> None:
        """An extension is over: it is due as if there had been none."""
        if not self._failures:
            due = max(self.fetched_at + period, monotonic)
            self.deadline_at = min(self.deadline_at, due)
            self.refresh_at = min(self.refresh_at, due)

    def expire(self, monotonic: float) -> None:
        """It is known to be old: whoever asks from `monotonic` on waits for a new one."""
        self.deadline_at = self.refresh_at = monotonic

    def failed(self, monotonic: float) -> None:
        """It has not come. The next attempt is made after about 1, 2, 4 … 30 seconds."""
        self.under_way = False
        pause = min(LONGEST_PAUSE, 2.0 ** min(self._failures, 10))
        self._failures += 1
        self.retry_at = monotonic + pause * (1 - _SPREAD * self._jitter())
        self.deadline_at = self.retry_at + _PATIENCE
