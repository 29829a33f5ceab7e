"""What is seen of tokens in passing and acted on later: no request waits for any of it.

Everything is bounded; what finds no room is dropped and counted, never waited for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from service.clock import Clock
from service.domain.token import TokenTruth
from service.domain.usage import (
    LONGEST_ADDRESS,
    LONGEST_USER_AGENT,
    OVER,
    Recorded,
    RefusalReason,
    Report,
)

MOST_USES: Final = 16_384
"""Uses, refused uses and reports, of each so many, that wait to be written."""
MOST: Final = 256
"""Refused values that wait to be looked into; what is beyond is met again."""
REMEMBERED: Final = 16_384

K = TypeVar("K")
Use = tuple[str, str | None, str | None]
"""Record, address, user agent."""
Refusal = tuple[str, RefusalReason, str | None, str | None]
"""jti, reason, address, user agent."""


@dataclass(slots=True)
class Seen:
    """What waits to be written; times are those of the latest of several that are alike."""

    uses: dict[Use, int] = field(default_factory=dict)
    refusals: dict[Refusal, int] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)


class Sightings:
    """Uses and refused uses; of values in an overlap the first use of the new one; of values that are over each use
    once.

    `awaited` are the jtis of new values whose first use ends an overlap. `used` and `over` go from jti to record.
    """

    def __init__(self, clock: Clock, recorded: Recorded = Recorded.FULL) -> None:
        self._clock = clock
        self._records = recorded is not Recorded.NOTHING
        self._records_origin = recorded in {Recorded.FULL, Recorded.NETWORK}
        self._seen = Seen()
        self.dropped = 0
        self.awaited: frozenset[str] = frozenset()
        self.used: dict[str, str] = {}
        self.over: dict[str, str] = {}
        self._settled: set[str] = set()

    def accepted(self, truth: TokenTruth, ip: str | None = None, user_agent: str | None = None) -> None:
        """A value was honoured, for a bearer at this address with this program, where that is known."""
        if truth.jti in self.awaited:
            self.used[truth.jti] = truth.token_id
        if self._records:
            ip, user_agent = self._origin(ip, user_agent)
            self._note(self._seen.uses, (truth.token_id, ip, user_agent))

    def refused(
        self,
        truth: TokenTruth,
        reason: RefusalReason,
        ip: str | None = None,
        user_agent: str | None = None,
    ) -> None:
        """A genuine value was not honoured."""
        if reason in OVER and truth.jti not in self._settled and len(self.over) < MOST:
            self.over[truth.jti] = truth.token_id
        if self._records:
            self._note(self._seen.refusals, (truth.jti, reason, *self._origin(ip, user_agent)))

    def report(self, reports: list[Report]) -> bool:
        """Keep what a client says until it is written; False, and nothing is kept, where there is no room."""
        if len(self._seen.reports) + len(reports) > MOST_USES:
            return False
        if self._records:
            self._seen.reports += reports
        return True

    def settle(self, jti: str) -> None:
        """Housekeeping has acted on it."""
        self.used.pop(jti, None)
        if self.over.pop(jti, None) is not None:
            if len(self._settled) >= REMEMBERED:
                self._settled.clear()
            self._settled.add(jti)

    def take(self) -> Seen:
        """Everything that waits; it waits no longer."""
        seen, self._seen = self._seen, Seen()
        return seen

    def put_back(self, seen: Seen) -> None:
        """What could not be written waits again, as far as there is room."""
        _refill(self._seen.uses, seen.uses.items())
        _refill(self._seen.refusals, seen.refusals.items())
        kept = seen.reports[: MOST_USES - len(self._seen.reports)]
        self._seen.reports = [*kept, *self._seen.reports]
        self.dropped += len(seen.uses.keys() - self._seen.uses.keys())
        self.dropped += len(seen.refusals.keys() - self._seen.refusals.keys())
        self.dropped += len(seen.reports) - len(kept)

    def _origin(self, ip: str | None, user_agent: str | None) -> tuple[str | None, str | None]:
        if not self._records_origin:
            return None, None
        return ip and ip[:LONGEST_ADDRESS], user_agent and user_agent[:LONGEST_USER_AGENT]

    def _note(self, waiting: dict[K, int], key: K) -> None:
        if len(waiting) < MOST_USES or key in waiting:
            waiting[key] = self._clock()
        else:
            self.dropped += 1


def _refill(waiting: dict[K, int], items: Iterable[tuple[K, int]]) -> None:
    for key, at in items:
        if len(waiting) < MOST_USES:
            waiting.setdefault(key, at)
