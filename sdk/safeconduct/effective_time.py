"""What time it is for a verifier whose machine's clock may be set back (promise R41)."""

from typing import NamedTuple

from safeconduct.clock import Clock
from safeconduct.policy import LEEWAY

_YOUNG = 45
"""Seconds: the issuer signs anew every 30, and caches hold 10."""


class Moment(NamedTuple):
    """`now` is POSIX seconds and judges tokens and lists; `monotonic` judges how old our copies are."""

    now: int
    monotonic: float


class EffectiveTime:
    """The wall clock, but never earlier than an issuer's own time that was seen, and what has passed since.

    So a clock that is set back revives nothing. A clock that was ahead and is put right goes on from what
    the issuer said, since only signed times count.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.floor = float("-inf")
        """The issuer's time minus monotonic time, at the latest that was seen of it."""

    def __call__(self) -> Moment:
        wall, monotonic = self.clock
        now, elapsed = int(wall()), monotonic()
        least = self.floor + elapsed
        return Moment(now if now >= least else int(least), elapsed)

    def witness(self, iat: int) -> None:
        """The issuer signed something at `iat`. What is further ahead of the wall clock than the leeway is no witness.

        Something young shows besides that the wall clock is right now.
        """
        wall, monotonic = self.clock.wall(), self.clock.monotonic()
        if iat > wall + LEEWAY:
            return
        shown = wall if 0 <= wall - iat <= _YOUNG else iat
        self.floor = max(self.floor, shown - monotonic)
