"""How old the news of a revocation may be, and what a verifier does when it is older: three settled answers."""

from dataclasses import dataclass
from typing import Final

from safeconduct.policy import LEEWAY, STATUS_LIST_LIFETIME

_CACHES = 12
"""Seconds that a list may lie in caches (10) after it was signed anew (2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """All durations are seconds.

    Args:
        name: as it is printed.
        max_staleness: no verdict rests on news older than that; Unavailable is raised instead.
        refresh: a status list is fetched again after so long, or after its `ttl` where that is less.
        past_expiry: whether a list serves for `max_staleness` even beyond its own `exp`.
        keys_limit: for how long a key set serves that cannot be refreshed.
    """

    name: str
    max_staleness: int
    refresh: int
    past_expiry: bool = False
    keys_limit: int = STATUS_LIST_LIFETIME

    @property
    def healthy(self) -> int:
        """Seconds within which a revoked token is refused by signed lists while the issuer can be reached."""
        return self.refresh + _CACHES

    @property
    def bound(self) -> int:
        """Seconds within which it is refused whatever fails, the clock slow by the leeway included."""
        return self.max_staleness + LEEWAY

    def __str__(self) -> str:
        return (
            f"{self.name}: by signed lists, a revoked token is refused within {in_words(self.healthy)} while the"
            f" issuer can be reached, and within {in_words(self.bound)} whatever fails"
        )


STRICT: Final = Profile(name="strict", max_staleness=60, refresh=10)
DEFAULT: Final = Profile(name="default", max_staleness=STATUS_LIST_LIFETIME, refresh=60)
LENIENT: Final = Profile(name="lenient", max_staleness=3600, refresh=60, past_expiry=True, keys_limit=3600)
"""For APIs that would rather serve for an hour than stop when the issuer is away: it uses lists past `exp`."""


def in_words(seconds: float) -> str:
    """90 -> "1 min 30 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"
