"""Whether this process should be given work."""

from dataclasses import dataclass, field

import structlog

from service.application.clock_mark import ClockBehind, demand_clock
from service.application.current import Current
from service.application.ports import Storage
from service.application.publication import RedisState
from service.clock import Clock
from service.domain.errors import CannotSign, Unknown

SKEW_LIMIT = 30
"""Seconds by which this machine's clock may differ from the database's before it must not issue (R71)."""
SKEW_NOTED = 5
"""Seconds from which it is worth a word."""

log = structlog.get_logger("clock")


@dataclass(frozen=True, slots=True)
class Health:
    """`ready` is for load balancers; `checks` says what holds, in words. What nothing waits for is in `beside`."""

    ready: bool
    checks: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)


class Readiness:
    def __init__(
        self, storage: Storage, current: Current, clock: Clock, redis: RedisState | None = None
    ) -> None:
        self._storage = storage
        self._current = current
        self._clock = clock
        self._redis = redis
        self._noted = False
        self.skew = 0
        self.stopping = False

    async def __call__(self) -> Health:
        """Asks the database; never raises."""
        checks = {
            "database": "ok",
            "signing": "ok",
            "clock": "ok",
            "history": "ok",
            "process": "stopping" if self.stopping else "ok",
        }
        try:
            async with self._storage.reading() as read:
                now = await read.now()
                await demand_clock(read, now)
            self._compare(now)
            if abs(self.skew) > SKEW_LIMIT:
                checks["clock"] = f"{abs(self.skew)} s away from the database's clock"
        except ClockBehind as error:
            checks["clock"] = str(error)
        except Unknown as error:
            checks["database"] = error.code
        if self._current.behind:
            checks["history"] = f"behind: {' '.join(self._current.behind)}; run: safeconduct recover"
        try:
            self._current.require_signers()
        except CannotSign as error:
            checks["signing"] = str(error)
        beside = {} if self._redis is None else {"redis": self._redis.failing or "ok"}
        return Health(all(state == "ok" for state in checks.values()), checks, beside)

    def _compare(self, now: int) -> None:
        """Keep by how many seconds this machine is ahead of the database, for `/metrics`; say once that it is much."""
        self.skew = self._clock() - now
        if (noted := abs(self.skew) > SKEW_NOTED) and not self._noted:
            log.warning("clock_skew", seconds=self.skew)
        self._noted = noted
