"""How often a password may be tried: soft delays that wear guessing out and lock nobody out (R45).

Failures are counted in three places: for a name and where it is tried from (the pair), for the name from everywhere
(the account), and for a network whatever the name (the address). Names that do not exist are counted alike (R46).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Self


class Acquaintance(Enum):
    """How well an account knows where a password comes from."""

    STRANGER = "stranger"
    ADDRESS = "address"  # this account signed in from this network before
    DEVICE = "device"  # a cookie proves that it signed in with this browser before


@dataclass(frozen=True, slots=True)
class Failures:
    """How many in a row, when the first was, and the last. POSIX seconds."""

    count: int = 0
    since: int = 0
    last_at: int = 0

    def and_one(self, now: int) -> Self:
        return type(self)(self.count + 1, self.since if self.count else now, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The failures that count against one attempt."""

    account: Failures = Failures()
    address: Failures = Failures()
    pair: Failures = Failures()

    def and_one(self, now: int, known: Acquaintance) -> Self:
        """After one more. A known device burdens its network with nothing."""
        return type(self)(
            account=self.account.and_one(now),
            address=self.address if known is Acquaintance.DEVICE else self.address.and_one(now),
            pair=self.pair.and_one(now),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleRules:
    """The ceilings; times in seconds.

    A pair fails `free_failures` times without waiting, then waits 1, 2, 4, ... up to `longest_delay`. An account that
    failed `account_failures` times in a row is left to those it knows, each of whom has as many. A network fails
    `address_failures` times within `address_window`. A streak of `account_failures` is forgotten after
    `account_memory` without another one, a shorter one proportionally sooner.
    """

    free_failures: int = 5
    longest_delay: int = 900
    account_failures: int = 100
    account_memory: int = 30 * 86_400
    address_failures: int = 30
    address_window: int = 300

    def wait(self, standing: Standing, known: Acquaintance, now: int) -> int:
        """Seconds until this attempt may be judged; 0 for now."""
        pair = standing.pair
        waits = [_left(pair.last_at, self.delay(pair.count), now)]
        guarded = standing.account if known is Acquaintance.STRANGER else pair
        if guarded.count >= self.account_failures:
            waits.append(self.longest_delay)
        if known is not Acquaintance.DEVICE and standing.address.count >= self.address_failures:
            waits.append(_left(standing.address.since, self.address_window, now))
        return max(waits)

    def delay(self, failures: int) -> int:
        """Seconds to wait after so many failures in a row."""
        if failures < self.free_failures:
            return 0
        doublings = min(failures - self.free_failures, self.longest_delay.bit_length())
        return min(1 << doublings, self.longest_delay)

    def forget_streak_at(self, failures: Failures) -> int:
        """When the failures of an account or a pair count no more."""
        return failures.last_at + -(-failures.count * self.account_memory // self.account_failures)

    def forget_address_at(self, failures: Failures) -> int:
        """When the failures of a network count no more."""
        return failures.since + self.address_window


def _left(began: int, length: int, now: int) -> int:
    """Seconds left of `length`; a clock that was set back makes it no longer."""
    return min(max(began + length - now, 0), length)
