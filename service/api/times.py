"""Times as the API says them: RFC 3339 in UTC, whole seconds unless the name says more."""

from datetime import UTC, datetime


def rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_or_none(seconds: int | None) -> str | None:
    return None if seconds is None else rfc3339(seconds)


def rfc3339_milliseconds(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return f"{rfc3339(milliseconds // 1_000)[:-1]}.{milliseconds % 1_000:03}Z"
