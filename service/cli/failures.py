"""Why a command ends without success. Exit codes are API: 1 refused or failed, 2 usage or configuration,
3 the service cannot be reached.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class CommandFailed(Exception):
    """Expected. `lines` are for people and go to standard error; nothing secret stands in them."""

    exit_code: ClassVar[int] = 1

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Misuse(CommandFailed):
    """The command line or the configuration cannot work."""

    exit_code: ClassVar[int] = 2


class Unreachable(CommandFailed):
    """No answer of Safeconduct's came back."""

    exit_code: ClassVar[int] = 3


class AnswerLost(Unreachable):
    """The connection broke after the request was sent: whether it was done is unknown."""


class SessionNeeded(CommandFailed):
    """There is no session, or the service does not take it any more."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; run: safeconduct login")


class Problem(CommandFailed):
    """The service refused (RFC 9457). `members` is the whole problem document, `retry_after` in seconds."""

    def __init__(self, status: int, members: Mapping[str, Any], retry_after: str | None = None) -> None:
        self.status = status
        self.members = members
        self.code = str(members.get("code", f"http_{status}"))
        faults = _faults(members.get("faults"))
        words = (not faults and members.get("detail")) or members.get("title") or "refused"
        later = [f"  try again in {retry_after} s"] if retry_after else []
        super().__init__(f"{words} ({self.code})", *faults, *later)


def _faults(faults: object) -> list[str]:
    if not isinstance(faults, list):
        return []
    return [
        "  {where}: {detail} ({code})".format_map({"where": "?", "detail": "?", "code": "?"} | fault)
        for fault in faults
        if isinstance(fault, dict)
    ]
