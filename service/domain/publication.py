"""What the pushed forms of the status lists say: the event stream and Redis."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Final, NamedTuple

_POSITION: Final = re.compile("([0-9]{1,15})-([0-9]{1,15})", re.ASCII)


class Form(StrEnum):
    """A form of the status lists that is pushed."""

    REDIS = "redis"
    STREAM = "stream"


class Publication(NamedTuple):
    """A form had a revision, and all below it, at `at_ms`: POSIX milliseconds."""

    form: Form
    revision: int
    at_ms: int


class ChangedEntry(NamedTuple):
    """One row of the outbox."""

    revision: int
    list_id: str
    idx: int
    status: int
    changed_at: int


class Position(NamedTuple):
    """How far a reader or a form has come: the epoch of the database and the revision of the last change."""

    epoch: int
    revision: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.revision}"

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """`<epoch>-<revision>`; None for anything else."""
        found = _POSITION.fullmatch(text)
        return cls(int(found[1]), int(found[2])) if found else None


class PublicationState(NamedTuple):
    """Where the database is at `as_of`, its own time.

    `lists` are so many as are published, `closed` so many as were ever filled, `newest` is the place of the last.
    Within a snapshot nothing is `writable`.
    """

    epoch: int
    revision: int
    lists: int
    newest: int
    closed: int
    as_of: int
    writable: int

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.revision)

    def has_the_lists_of(self, other: "PublicationState | None") -> bool:
        """Whether in between no list was made, filled or retired, and no database taken for another."""
        mine = (self.epoch, self.lists, self.newest, self.closed)
        return other is not None and mine == (other.epoch, other.lists, other.newest, other.closed)


BEFORE_ALL: Final = Position(0, 0)
"""Epochs begin at 1."""


class Standing(NamedTuple):
    """Where all lists stand: by its id the revision of each list's last change, and which of them are full."""

    position: Position
    as_of: int
    lists: Mapping[str, int]
    closed: frozenset[str] = frozenset()


class Change(NamedTuple):
    """One revision as it is published; `body` is its JSON, which the stream and Redis share."""

    position: Position
    body: str

    @property
    def lists(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """For each list that changed its entries: index and status."""
        lists: Mapping[str, Sequence[tuple[int, int]]] = json.loads(self.body)["lists"]
        return lists


def published(rows: Iterable[ChangedEntry], epoch: int) -> list[Change]:
    """The changes that these entries make up, one a revision, in order."""
    return [
        _change(Position(epoch, revision), list(entries))
        for revision, entries in groupby(rows, key=lambda entry: entry.revision)
    ]


def _change(position: Position, entries: Sequence[ChangedEntry]) -> Change:
    lists: dict[str, list[tuple[int, int]]] = {}
    for entry in entries:
        lists.setdefault(entry.list_id, []).append((entry.idx, entry.status))
    members = {
        "epoch": position.epoch,
        "revision": position.revision,
        "previous": position.revision - 1,
        "at": entries[0].changed_at,
        "lists": lists,
    }
    return Change(position, json.dumps(members, separators=(",", ":")))
