"""Times as people say them. The service's are RFC 3339 in UTC."""

from datetime import UTC, datetime
from typing import Final

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
_UNITS: Final = ((365 * DAY, "year"), (30 * DAY, "month"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
_FROM: Final = {"year": 2, "month": 3}
"""Long units begin late: "in 13 months" says more than "in 1 year"."""


def posix(moment: str) -> int:
    """POSIX seconds of an RFC 3339 time."""
    return int(datetime.fromisoformat(moment).timestamp())


def minute(moment: str) -> str:
    """To the minute, in UTC, where a heading says so."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def when(moment: str) -> str:
    """To the minute, and that it is UTC."""
    return f"{minute(moment)} UTC"


def relative(moment: str, now: int) -> str:
    """Like "in 3 days" or "2 hours ago", rounded to the nearest."""
    seconds = posix(moment) - now
    for length, unit in _UNITS:
        count = round(abs(seconds) / length)
        if count >= _FROM.get(unit, 1):
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "in a moment" if seconds > 0 else "just now"
