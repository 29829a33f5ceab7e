"""What changes in the status lists, as this process has read it from the database: the source of all that is pushed."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from service.application.ports import Storage
from service.domain.errors import StorageUnavailable
from service.domain.publication import (
    BEFORE_ALL,
    Change,
    ChangedEntry,
    Position,
    PublicationState,
    Standing,
    published,
)

REMEMBERED: Final = 10_000
"""Revisions that are kept in memory, so that a reader who comes back asks no database (threats 20)."""
REMEMBERED_CHARACTERS: Final = 8 * 2**20
LONGEST_CHANGE: Final = 65_536
"""Characters of a change that is pushed; a larger one makes every reader look at the lists instead."""
LOOKED_AT: Final = 1_000
"""Rows of the outbox that are read together with where the database is; who finds more reads the lists as well."""
READ_AT_ONCE: Final = 20_000
"""Rows of the outbox; who is further behind looks at the lists."""


class RevocationFeed:
    """The latest changes without a gap, and where all lists stand.

    Never goes back: a database that is behind what was read before is not followed (threats 7).
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._turn = asyncio.Lock()
        self._changes: deque[Change] = deque()
        self._characters = 0
        self._begins = BEFORE_ALL
        self._state: PublicationState | None = None
        self._standing = Standing(BEFORE_ALL, 0, {})

    @property
    def standing(self) -> Standing:
        """Where the lists stand by the last read that found nothing newer.

        Raises:
            StorageUnavailable: the database was never read.
        """
        if self._state is None:
            raise StorageUnavailable("the revocations were not read yet")
        return self._standing

    def after(self, position: Position, *, most: int) -> Sequence[Change] | None:
        """What came next after `position`, oldest first; None when that cannot be told without a gap."""
        if not self._begins <= position <= self._standing.position or self._state is None:
            return None
        first = position.revision - self._begins.revision  # what is remembered has no gap
        return [self._changes[place] for place in range(first, min(first + most, len(self._changes)))]

    async def follow(self) -> bool:
        """Read what is new; whether there was anything.

        Raises:
            StorageUnavailable: nobody could be asked, or who answered is behind; `as_of` stays what it was.
        """
        async with self._turn:
            return await self._follow()

    async def _follow(self) -> bool:
        known = self._standing
        async with self._storage.reading() as read:
            state, rows = await read.publications.news(after=known.position.revision, limit=LOOKED_AT)
        if not state.writable:
            raise StorageUnavailable("this server takes no writes: what it says may be old")
        if state.position < known.position:
            raise StorageUnavailable("the database is behind what was published of it")
        same_lists = state.has_the_lists_of(self._state)
        if same_lists and state.position == known.position:
            self._standing = known._replace(as_of=max(known.as_of, state.as_of))
            return False
        if same_lists and self._are_all(rows, state.revision):
            lists = {**known.lists, **{row.list_id: row.revision for row in rows}}
            self._take(rows, state.position)
            self._standing, self._state = (
                known._replace(position=state.position, as_of=state.as_of, lists=lists),
                state,
            )
        else:
            await self._catch_up(state.position)
        return True

    def _are_all(self, rows: Sequence[ChangedEntry], until: int) -> bool:
        """Whether nothing else came after what is known: no revision without entries, none cut, no list unknown."""
        known = self._standing
        return (
            len(rows) < LOOKED_AT
            and {row.revision for row in rows} == {*range(known.position.revision + 1, until + 1)}
            and {row.list_id for row in rows} <= known.lists.keys()
        )

    async def _catch_up(self, seen: Position) -> None:
        known = self._standing.position
        async with self._storage.snapshot() as snap:
            lists, closed = await snap.publications.lists()
            state, rows = await snap.publications.news(after=known.revision, limit=READ_AT_ONCE)
            if state.epoch != known.epoch:
                state, rows = await snap.publications.news(after=0, limit=READ_AT_ONCE)
        if state.position < seen:
            raise StorageUnavailable("the snapshot was read from a server that is behind")
        if state.epoch != known.epoch:
            self._begin_at(Position(state.epoch, 0))
        self._take(rows, state.position)
        self._standing, self._state = Standing(state.position, state.as_of, lists, closed), state

    def _take(self, rows: Sequence[ChangedEntry], until: Position) -> None:
        """Append what the rows make up. A revision without rows, or with too many, is a gap: what came before it
        is forgotten.
        """
        if len(rows) == READ_AT_ONCE:
            rows = [row for row in rows if row.revision > rows[0].revision]
        for change in published(rows, until.epoch):
            before = Position(until.epoch, change.position.revision - 1)
            if before != (self._changes[-1].position if self._changes else self._begins):
                self._begin_at(before)
            self._append(change)
        if until != (self._changes[-1].position if self._changes else self._begins):
            self._begin_at(until)

    def _append(self, change: Change) -> None:
        if len(change.body) > LONGEST_CHANGE:
            self._begin_at(change.position)
            return
        self._changes.append(change)
        self._characters += len(change.body)
        while len(self._changes) > REMEMBERED or self._characters > REMEMBERED_CHARACTERS:
            oldest = self._changes.popleft()
            self._begins = oldest.position
            self._characters -= len(oldest.body)

    def _begin_at(self, position: Position) -> None:
        self._changes.clear()
        self._characters, self._begins = 0, position
