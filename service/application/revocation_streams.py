"""The event stream of revocations: who gets a place, and what each reader is told next."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from service.application.revocation_feed import RevocationFeed
from service.domain.client import Client
from service.domain.errors import Busy, NoPlace, Quota
from service.domain.network import network_of
from service.domain.publication import Change, Position, Standing

COME_BACK: Final = 10
"""Seconds after which somebody without a place may ask again."""
AT_ONCE: Final = 16
"""Changes that are taken out of the feed together for one reader."""


@dataclass(frozen=True, slots=True)
class Resync:
    """What was left out cannot be told: compare your copies with this."""

    standing: Standing


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing beyond this position, as of its time."""

    standing: Standing


Event = Change | Resync | Heartbeat


class RevocationStreams:
    """One per process. A reader is a position in the one feed of all: a slow one holds no memory, and is told to
    look at the lists when it has fallen behind what the feed remembers.
    """

    def __init__(self, feed: RevocationFeed, *, places: int, per_address: int) -> None:
        self._feed = feed
        self._places = places
        self._per_address = per_address
        self._clients = 0
        self._anonymous: Counter[str] = Counter()
        self._beats = 0
        self._news = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return self._clients + self._anonymous.total()

    @contextmanager
    def place(self, client: Client | None, address: str | None) -> Iterator[None]:
        """Hold one of the places, half of which are kept for clients that have authenticated.

        Raises:
            NoPlace: all are taken.
            Busy: this address has as many as it may have without authentication.
        """
        if len(self) >= self._places or self._closed:
            raise NoPlace("every place on the stream is taken")
        if client is not None:
            self._clients += 1
            try:
                yield
            finally:
                self._clients -= 1
            return
        with self._anonymous_place(network_of(address)):
            yield

    @contextmanager
    def _anonymous_place(self, network: str) -> Iterator[None]:
        if self._anonymous.total() >= self._places // 2:
            raise NoPlace("every place for those who do not authenticate is taken")
        if self._anonymous[network] >= self._per_address:
            quota = Quota("revocation-streams", self._per_address)
            raise Busy("too many streams from your address", retry_after=COME_BACK, quota=quota)
        self._anonymous[network] += 1
        try:
            yield
        finally:
            self._anonymous[network] -= 1
            if not self._anonymous[network]:
                del self._anonymous[network]

    async def events(self, position: Position) -> AsyncGenerator[Event, None]:
        """What a reader who has come to `position` is to be told, until the process stops.

        Raises:
            StorageUnavailable: the database was never read.
        """
        beats = -1
        while not self._closed:
            news, changes = self._news, self._feed.after(position, most=AT_ONCE)
            if changes is None:
                yield Resync(standing := self._feed.standing)
                position = standing.position
            elif changes:
                for change in changes:
                    yield change
                position = changes[-1].position
            elif beats != self._beats:
                beats = self._beats
                yield Heartbeat(self._feed.standing)
            else:
                await news.wait()

    def wake(self) -> None:
        """There may be something new to tell."""
        self._news.set()
        self._news = asyncio.Event()

    def beat(self) -> None:
        """Tell every reader the age of what it has."""
        self._beats += 1
        self.wake()

    def close(self) -> None:
        """End all streams, so that their readers go on at another process."""
        self._closed = True
        self.wake()
