"""What is sent: notices of one cause for one person, together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from service.domain.notice import Kind, Notice, detail_json

MOST_TOGETHER: Final = 100
"""Notices in one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A token that a message is about, as it is called now."""

    token_id: str
    note: str | None
    expires_at: int | None
    last_used_at: int | None
    last_used_user_agent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`id` stays the same however often it is sent, so that a receiver can drop doubles."""

    id: str
    kind: Kind
    user_id: str | None
    user_name: str | None
    detail: Mapping[str, Any]
    created_at: int
    sealed: str | None
    expires_at: int | None
    subjects: Sequence[Subject]


def together(notices: Sequence[Notice]) -> list[list[Notice]]:
    """Notices that one message tells: of one kind, to one person, of one moment and in the same words.

    What ends within its own words (a reminder says which end) stays by itself.
    """
    ordered = sorted(notices, key=lambda each: (*_cause(each), each.id))
    groups = [list(group) for _, group in groupby(ordered, key=_cause)]
    return [
        group[start : start + MOST_TOGETHER]
        for group in groups
        for start in range(0, len(group), MOST_TOGETHER)
    ]


def _cause(notice: Notice) -> tuple[str, str, int, str, str]:
    about = notice.about
    return notice.kind, about.user_id or "", notice.created_at, detail_json(about.detail), about.sealed or ""
