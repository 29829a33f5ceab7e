"""Times as the API says them: RFC 3339 in UTC, whole seconds."""

from datetime import UTC, datetime


def rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_or_none(seconds: int | None) -> str | None:
    return None if seconds is None else rfc3339(seconds)
