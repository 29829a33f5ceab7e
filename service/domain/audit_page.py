"""Which rows of the audit trail to show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Rows that meet every condition given, the newest first; `action` is a whole one or the word before its dot.

    `since` and `until` are POSIX seconds; `before` is the sequence of the last row of the page before.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: int | None = None
    until: int | None = None
    before: int | None = None
    limit: int = 100
