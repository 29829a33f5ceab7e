"""Times as the API says them: RFC 3339 in UTC, whole seconds unless the name says more."""

from service.domain.moments import rfc3339

__all__ = ["rfc3339", "rfc3339_milliseconds", "rfc3339_or_none"]


def rfc3339_or_none(seconds: int | None) -> str | None:
    return None if seconds is None else rfc3339(seconds)


def rfc3339_milliseconds(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return f"{rfc3339(milliseconds // 1_000)[:-1]}.{milliseconds % 1_000:03}Z"
