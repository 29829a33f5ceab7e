"""Every status list as the database says it, kept in memory to be published whole when Redis has lost one."""

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Final

from safeconduct.status_list import StatusList

from service.application.ports import Storage
from service.application.revocation_feed import RevocationFeed
from service.domain.publication import BEFORE_ALL, Change, Position

AT_ONCE: Final = 1_000


class ListCopies:
    """Loaded from the database, then kept current by the feed: never from Redis (R7).

    `gone` are those that were retired and are still to be removed from Redis.
    """

    def __init__(self, storage: Storage, feed: RevocationFeed) -> None:
        self._storage = storage
        self._feed = feed
        self._lists: dict[str, StatusList] = {}
        self._digests: dict[str, str] = {}
        self._position: Position | None = None
        self._closed: frozenset[str] = frozenset()
        self.gone: set[str] = set()

    @property
    def ids(self) -> list[str]:
        return list(self._lists)

    def packed(self, list_id: str) -> bytes:
        return self._lists[list_id].packed

    def digest(self, list_id: str) -> str:
        """SHA-1, because Redis can tell it too; it guards against accidents, not against attacks."""
        if list_id not in self._digests:
            packed = self._lists[list_id].packed
            self._digests[list_id] = hashlib.sha1(packed, usedforsecurity=False).hexdigest()
        return self._digests[list_id]

    async def follow(self) -> None:
        """Come to where the feed is. Raises StorageUnavailable."""
        if self._position is None or self._feed.after(self._position, most=0) is None:
            await self._load_all()
        elif (
            self._feed.standing.lists.keys() != self._lists.keys()
            or self._feed.standing.closed != self._closed
        ):
            await self._load_shape()
        while changes := self._feed.after(self._position or BEFORE_ALL, most=AT_ONCE):
            self._apply(changes)
            self._position = changes[-1].position

    async def load(self, list_ids: Iterable[str]) -> list[str]:
        """Read these lists anew; answers those of which the database had nothing newer than the feed.

        What the feed will tell may so be applied twice: it is absolute.
        """
        current = []
        for list_id in list_ids:
            async with self._storage.snapshot() as snap:
                snapshot = await snap.status_lists.snapshot(list_id)
            if snapshot is not None:
                self._put(list_id, await asyncio.to_thread(snapshot.statuses))
                if snapshot.version <= self._feed.standing.lists.get(list_id, 0):
                    current.append(list_id)
        return current

    async def _load_all(self) -> None:
        standing = self._feed.standing
        self._lists.clear()
        self._digests.clear()
        await self.load(standing.lists)
        self._position, self._closed = standing.position, standing.closed

    async def _load_shape(self) -> None:
        """Lists that are new, or full since: of those every index without a token is INVALID now."""
        standing = self._feed.standing
        for gone in self._lists.keys() - standing.lists.keys():
            del self._lists[gone]
            self._digests.pop(gone, None)
            self.gone.add(gone)
        full = standing.closed - self._closed
        await self.load([each for each in standing.lists if each not in self._lists or each in full])
        self._closed = standing.closed

    def _apply(self, changes: Iterable[Change]) -> None:
        entries: dict[str, list[tuple[int, int]]] = {}
        for change in changes:
            for list_id, changed in change.lists.items():
                entries.setdefault(list_id, []).extend(changed)
        for list_id, changed in entries.items():
            if list_id in self._lists:
                self._put(list_id, self._lists[list_id].changed(changed))

    def _put(self, list_id: str, statuses: StatusList) -> None:
        self._lists[list_id] = statuses
        self._digests.pop(list_id, None)
