"""How often keys rotate, and the times that must fit together for that (R72)."""

from collections.abc import Iterator
from dataclasses import dataclass

from keys.algorithms import ALGORITHMS
from keys.errors import ImpossibleTimings

DAY = 86_400
MAX_PUBLISHED = 32
"""Keys in one JWKS; our verifiers refuse more than 50."""
SHORTEST_PREPUBLICATION = 600

_TIMES_THAT_MAY_BE_ABSENT = frozenset({"max_token_lifetime"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationPolicy:
    """When keys change. All times in seconds; one that cannot hold is refused.

    `max_token_lifetime` None: tokens may live for ever, so that keys may be pinned for ever.

    Raises:
        ImpossibleTimings: naming all faults at once.
    """

    algorithm: str = "ES256"
    rotation_period: int = 90 * DAY
    prepublication: int = DAY
    drain: int = 120
    leeway: int = 30
    jwks_max_age: int = 300
    jwks_cooldown: int = 30
    status_list_ttl: int = 60
    status_list_exp: int = 900
    status_list_resign_interval: int = 30
    request_timeout: int = 30
    max_token_lifetime: int | None = None

    def __post_init__(self) -> None:
        faults = tuple(self._malformed()) or tuple(self._impossible())
        if faults:
            raise ImpossibleTimings(faults)

    def _malformed(self) -> Iterator[str]:
        if self.algorithm not in ALGORITHMS:
            yield f"algorithm: {self.algorithm!r} is none of {', '.join(ALGORITHMS)}"
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "algorithm" or (value is None and name in _TIMES_THAT_MAY_BE_ABSENT):
                continue
            if type(value) is not int or value <= 0:
                yield f"{name}: {value!r} is not a whole number of seconds above 0"

    def _impossible(self) -> Iterator[str]:
        slowest_verifier = self.jwks_max_age + self.jwks_cooldown + 2 * self.leeway
        shortest = max(slowest_verifier, SHORTEST_PREPUBLICATION)
        if self.prepublication < shortest:
            yield f"prepublication: {self.prepublication} s; verifiers may take {shortest} s to learn a key"
        if self.rotation_period <= self.prepublication:
            yield (
                f"rotation_period: {self.rotation_period} s must exceed "
                f"prepublication ({self.prepublication} s)"
            )
        if self.drain <= self.request_timeout:
            yield f"drain: {self.drain} s must exceed request_timeout ({self.request_timeout} s)"
        if self.status_list_ttl >= self.status_list_exp:
            yield (
                f"status_list_ttl: {self.status_list_ttl} s must be below "
                f"status_list_exp ({self.status_list_exp} s)"
            )
        if 2 * self.status_list_resign_interval > self.status_list_ttl:
            yield (
                f"status_list_resign_interval: {self.status_list_resign_interval} s must be at most half of "
                f"status_list_ttl ({self.status_list_ttl} s)"
            )
        needed = self._keys_published_at_once()
        if needed > MAX_PUBLISHED:
            yield f"rotation_period: the longest token keeps {needed} keys published, above {MAX_PUBLISHED}"

    def _keys_published_at_once(self) -> int:
        """The retired ones that the longest token pins, active, next, and three of the status list."""
        return -(-(self.max_token_lifetime or 0) // self.rotation_period) + 5
