"""Moments as interfaces say them."""

from datetime import UTC, datetime


def rfc3339(seconds: int) -> str:
    """POSIX seconds as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
