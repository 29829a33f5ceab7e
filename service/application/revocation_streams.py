"""The event stream of revocations: who gets a place, and what each reader is told next."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from service.application.revocation_feed import RevocationFeed
from service.domain.client import Client
from service.domain.errors import Busy, NoPlace, Quota
from service.domain.network import network_of
from service.domain.publication import BEFORE_ALL, Change, Position, Standing

COME_BACK: Final = 10
"""Seconds after which somebody without a place may ask again."""
AT_ONCE: Final = 16
"""Changes that are taken out of the feed together."""
IN_A_ROW: Final = 100
"""Readers who are told something before others of the process have their turn."""


@dataclass(frozen=True, slots=True, eq=False)
class Resync:
    """What was left out cannot be told: compare your copies with this."""

    standing: Standing


@dataclass(frozen=True, slots=True, eq=False)
class Heartbeat:
    """Nothing beyond this position, as of its time."""

    standing: Standing


Event = Change | Resync | Heartbeat


class Reader(Protocol):
    """Somebody at the other end."""

    def take(self, events: tuple[Event, ...]) -> bool:
        """Send them without waiting; False, and nothing is sent, while what came before is still unread."""


@dataclass(slots=True, eq=False)
class _KeepingUp:
    """How far a reader is who has been told everything; `over` is done when that has ended."""

    position: Position
    over: asyncio.Future[None]

    def end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


class RevocationStreams:
    """One per process. A reader is a position in the one feed of all: a slow one holds no memory, and is told to
    look at the lists when it has fallen behind what the feed remembers. Who keeps up is told by whoever brings the
    news, so that no task has to wake for each.
    """

    def __init__(self, feed: RevocationFeed, *, places: int, per_address: int) -> None:
        self._feed = feed
        self._places = places
        self._per_address = per_address
        self._clients = 0
        self._anonymous: Counter[str] = Counter()
        self._beats = 0
        self._told = BEFORE_ALL
        self._keeping_up: dict[Reader, _KeepingUp] = {}
        self._turn = asyncio.Lock()
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

    async def events(self, position: Position, reader: Reader) -> AsyncGenerator[Event, None]:
        """What a reader who has come to `position` is to be told, until the process stops. From where there is
        nothing more `reader` takes what comes, for as long as it keeps up.

        Raises:
            StorageUnavailable: the database was never read.
        """
        beats = -1
        while not self._closed:
            changes = self._feed.after(position, most=AT_ONCE)
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
                position = await self._keep_up(reader, position)

    async def _keep_up(self, reader: Reader, position: Position) -> Position:
        """Until the reader does not; how far it has come."""
        state = _KeepingUp(position, asyncio.get_running_loop().create_future())
        self._keeping_up[reader] = state
        try:
            await state.over
        finally:
            del self._keeping_up[reader]
        return state.position

    async def tell(self) -> None:
        """Tell every reader what the feed has beyond what was told last."""
        async with self._turn:
            while changes := self._feed.after(self._told, most=AT_ONCE):
                since, self._told = self._told, changes[-1].position
                await self._spread(tuple(changes), since, self._told)
            if changes is None:
                self._told = self._feed.standing.position
                for state in self._keeping_up.values():
                    state.end()

    async def beat(self) -> None:
        """Tell every reader the age of what it has."""
        self._beats += 1
        if self._keeping_up:
            standing = self._feed.standing
            await self._spread((Heartbeat(standing),), standing.position, standing.position)

    async def _spread(self, events: tuple[Event, ...], since: Position, until: Position) -> None:
        """To all who are at `since`; they are at `until` then. Who is in between finds its way by itself."""
        for number, (reader, state) in enumerate(list(self._keeping_up.items()), 1):
            if state.over.done():
                continue
            if state.position == since and reader.take(events):
                state.position = until
            elif state.position < until or state.position == since:
                state.end()
            if number % IN_A_ROW == 0:
                await asyncio.sleep(0)

    def close(self) -> None:
        """End all streams, so that their readers go on at another process."""
        self._closed = True
        for state in self._keeping_up.values():
            state.end()
