"""The signed status lists as this process serves them: from memory, while the database is away as well."""

import asyncio
import gzip
import hashlib
from dataclasses import dataclass, replace
from functools import partial

from service.application.current import Current
from service.application.history import History
from service.application.list_publication import ListPublisher, ListTimes
from service.application.one_at_a_time import OneAtATime
from service.application.ports import Storage
from service.clock import Clock
from service.domain.errors import Gone, Unknown
from service.domain.status_list import SignedList


@dataclass(frozen=True, slots=True)
class ServedList:
    """A status list token as it goes out: body, the same gzipped, strong entity tag, and until when it may be
    relied on.

    `looked_up` is the tick, by this process's clock, in which the database was asked for it.
    """

    body: bytes
    gzipped: bytes
    etag: str
    expires_at: int
    version: int
    tick: int
    looked_up: int


class StatusListTokens:
    """Serves from memory; follows the database by `follow()`, which the housekeeping calls every second.

    A list's `iat` is the time of the database snapshot it shows, never newer (R8); without the database the
    last one is served until its `exp`, then nothing. The database is asked for a list once a tick, however
    many readers there are (R63), and a failure is not asked for again by them before the next tick (R57).
    """

    def __init__(
        self,
        storage: Storage,
        current: Current,
        history: History,
        *,
        issuer: str,
        times: ListTimes,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._history = history
        self._publisher = ListPublisher(storage, current, history, issuer=issuer, times=times)
        self._times = times
        self._clock = clock
        self._ids: list[str] | None = None
        self._served: dict[str, ServedList] = {}
        self._gone: set[str] = set()
        self._tried: dict[str, int] = {}
        self._renewals: OneAtATime[ServedList | None] = OneAtATime()
        self._looks: OneAtATime[list[str]] = OneAtATime()
        self._followed = 0

    @property
    def regressions(self) -> int:
        """How often a list was to be signed that called a revoked token valid again (R9); it never was."""
        return self._history.regressions

    async def ids(self) -> list[str]:
        """All lists that are published, oldest first, as they were when this process last followed."""
        if self._ids is not None:
            return self._ids
        return await self._looks.run("ids", self._read_ids)

    async def token(self, list_id: str) -> ServedList | None:
        """The present token of a list; None when there is no such list.

        Raises:
            Gone: all its tokens have expired, and it is published no more.
            StorageUnavailable, CannotSign: nothing unexpired is at hand.
        """
        if list_id in self._gone:
            raise Gone("every token of this list has expired")
        served = self._served.get(list_id)
        if served is None or self._clock() >= served.expires_at:
            return await self._renewed(list_id)
        tick = self._tick()
        if tick in {served.looked_up, self._tried.get(list_id)}:
            return served
        self._tried[list_id] = tick
        try:
            return await self._renewed(list_id)
        except Unknown:
            return served

    async def follow(self) -> None:
        """Hold all lists, sign anew what has changed, and once a tick everything."""
        async with self._storage.reading() as read:
            revision = (await read.heads())["revision"]
            stale = set(await read.status_lists.changed_since(self._followed))
            self._ids = await read.status_lists.all()
        tick = self._tick()
        for list_id in [*self._ids, *(self._served.keys() - set(self._ids))]:
            served = self._served.get(list_id)
            if served is not None and served.looked_up == tick and list_id not in stale:
                continue
            await self._renewals.finished(list_id)  # one that began before the change
            try:
                await self._renewed(list_id)
            except Gone:
                continue
        self._followed = revision

    def _tick(self) -> int:
        return self._clock() // self._times.tick

    async def _read_ids(self) -> list[str]:
        async with self._storage.reading() as read:
            return await read.status_lists.all()

    async def _renewed(self, list_id: str) -> ServedList | None:
        return await self._renewals.run(list_id, partial(self._renew, list_id))

    async def _renew(self, list_id: str) -> ServedList | None:
        looked_up = self._tick()
        try:
            stored = await self._publisher.present(list_id)
        except Gone:
            self._gone.add(list_id)
            self._served.pop(list_id, None)
            self._tried.pop(list_id, None)
            raise
        if stored is None:
            return None
        before = self._served.get(list_id)
        if before is not None and (before.version, before.tick) >= (stored.version, stored.tick):
            served = replace(before, looked_up=looked_up)
        else:
            served = await asyncio.to_thread(_served, stored, looked_up)
        self._served[list_id] = served
        return served


def _served(signed: SignedList, looked_up: int) -> ServedList:
    body = signed.token.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    gzipped = gzip.compress(body, compresslevel=6, mtime=0)
    return ServedList(body, gzipped, etag, signed.expires_at, signed.version, signed.tick, looked_up)
