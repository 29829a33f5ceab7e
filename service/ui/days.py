"""Days as people write them, in the time zone that they live in."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

ZONE_COOKIE: Final = "safeconduct-zone"
_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")
_TYPED: Final = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})", re.ASCII)
_NATIVE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


class NoSuchDay(ValueError):
    """Not a day, or none that the calendar has."""


def zone_of(request: web.BaseRequest) -> tzinfo:
    """Where the browser says it is; UTC where it does not, or where nobody knows such a place."""
    name = request.cookies.get(ZONE_COOKIE, "").replace("%2F", "/")
    if not _ZONE.fullmatch(name):
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return UTC


def read_day(text: str) -> date:
    """`31-12-2026` as people type it, or `2026-12-31` as a date field sends it. Raises NoSuchDay."""
    text = text.strip()
    try:
        if match := _TYPED.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if match := _NATIVE.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise NoSuchDay(text) from None
    raise NoSuchDay(text)


def end_of(day: date, zone: tzinfo) -> int:
    """The first second after the day: what is valid that day still is one second before."""
    return start_of(day + timedelta(days=1), zone)


def start_of(day: date, zone: tzinfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())


def last_day(moment: int, zone: tzinfo) -> date:
    """The last day on which something is valid that ends at `moment`."""
    return datetime.fromtimestamp(moment - 1, zone).date()


def day_text(moment: int, zone: tzinfo) -> str:
    """`31-12-2026`."""
    return datetime.fromtimestamp(moment, zone).strftime("%d-%m-%Y")


def exact_text(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%d-%m-%Y %H:%M:%S UTC")


def exact_ms_text(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1_000)
    return datetime.fromtimestamp(seconds, UTC).strftime(f"%d-%m-%Y %H:%M:%S.{rest:03} UTC")


def machine_text(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
